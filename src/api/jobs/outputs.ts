/** GET /v1/jobs/:id/outputs/:n: the stored video, for a key or a signed link, whole or by range. */
import { createRoute, z } from '@hono/zod-openapi'
import { plainInteger } from '../../core/url/signed-spelling.ts'
import { findStoredOutput } from '../../store/jobs/outputs.ts'
import { downloadQuery, fileResponses, serveFile } from '../files/serve-file.ts'
import { keyOrLink, linkQuery, onlyWithLinkOrKey, playableAnywhere } from '../files/signed-link.ts'
import { problem, problemResponse } from '../problems.ts'
import { createRouter } from '../router.ts'

// One number has one path: "00" and "0x0" are none.
const number = z
  .string()
  .regex(plainInteger)
  .transform(Number)
  .openapi({ type: 'integer', minimum: 0, param: { in: 'path', name: 'n', required: true } })
const params = z.object({ id: z.string(), n: number })

const video = createRoute({
  method: 'get',
  path: '/{id}/outputs/{n}',
  summary: 'The video',
  security: keyOrLink,
  description:
    'Opens with an API key, or with the signed link of the output, from a page of any origin too. Answers HEAD, one range or several, and every conditional header of RFC 9110.',
  request: { params, query: linkQuery.extend(downloadQuery.shape) },
  responses: {
    ...fileResponses('video/mp4'),
    401: problemResponse('Neither a valid key nor a valid link.'),
    404: problemResponse('There is no such output (yet).'),
    422: problemResponse('Every fault of the query.'),
  },
})

export const outputRoutes = createRouter()

outputRoutes.use('/:id/outputs/:n', playableAnywhere)
outputRoutes.use('/:id/outputs/:n', onlyWithLinkOrKey(params.transform(({ id, n }) => ({ jobId: id, n }))))

outputRoutes.openapi(video, async (c) => {
  const { id, n } = c.req.valid('param')
  const output = await findStoredOutput(c.get('context').db, id, n)
  if (output === null) return problem(c, 'not_found', 'There is no such output, or it is not stored yet.')
  const extension = output.key.split('.').at(-1)
  return serveFile(c, { ...output, fileName: `${id}-${n}.${extension}`, tag: id })
})
