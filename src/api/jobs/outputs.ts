/** GET /v1/jobs/:id/outputs/:n: a stored video, whole or one range, for an API key or a signed link. */
import { createRoute, z } from '@hono/zod-openapi'
import { plainInteger } from '../../core/url/signed-spelling.ts'
import { findStoredOutput } from '../../store/jobs/outputs.ts'
import { downloadQuery, fileResponses, serveFile } from '../files/serve-file.ts'
import { allowAnyOrigin, keyOrLink, linkQuery, requireLinkOrKey } from '../files/signed-link.ts'
import { problem } from '../problems.ts'
import { invalidQuery, problemResponse } from '../responses.ts'
import { createRouter } from '../router.ts'

// Each number has one spelling: "00" and "0x0" are not accepted.
const number = z
  .string()
  .regex(plainInteger)
  .transform(Number)
  .openapi({ type: 'integer', minimum: 0, param: { in: 'path', name: 'n', required: true } })
const params = z.object({ id: z.string(), n: number })

const show = createRoute({
  operationId: 'getJobOutput',
  tags: ['Outputs'],
  method: 'get',
  path: '/{id}/outputs/{n}',
  summary: 'Download or play a video',
  security: keyOrLink,
  description:
    'Opens with an API key, or with the signed link of the output, also from a page of any origin. Supports HEAD, a range and every conditional header of RFC 9110. A request for several ranges returns the whole file. So does bytes=0- with a link, up to 512 MB.',
  request: { params, query: linkQuery.extend(downloadQuery.shape) },
  responses: {
    ...fileResponses('video/mp4'),
    401: problemResponse('The API key or the link is missing or not valid.'),
    404: problemResponse('There is no such output, or it is not stored yet.'),
    422: invalidQuery,
  },
})

export const outputRoutes = createRouter()

outputRoutes.use('/:id/outputs/:n', allowAnyOrigin)
outputRoutes.use('/:id/outputs/:n', requireLinkOrKey(params.transform(({ id, n }) => ({ jobId: id, n }))))

outputRoutes.openapi(show, async (c) => {
  const { id, n } = c.req.valid('param')
  const output = await findStoredOutput(c.get('context').dbOf(id), id, n)
  if (output === null) return problem(c, 'not_found', 'There is no such output, or it is not stored yet.')
  const extension = output.key.split('.').at(-1)
  return serveFile(c, { ...output, fileName: `${id}-${n}.${extension}`, tag: id })
})
