/** GET /v1/jobs/:id/outputs/:n/:name: a stored video, whole or one range, for an API key or a signed link. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { plainInteger } from '../../core/url/signed-spelling.ts'
import { outputFileName } from '../../media/signed-links.ts'
import { videoTypes } from '../../media/sniff/file-type.ts'
import { findStoredOutput } from '../../store/jobs/outputs.ts'
import { downloadQuery, fileNameParam, fileResponses, serveFile } from '../files/serve-file.ts'
import { allowAnyOrigin, keyOrLink, linkQuery, requireLinkOrKey, viewerOf } from '../files/signed-link.ts'
import { problem } from '../problems.ts'
import { invalidQuery, problemResponse } from '../responses.ts'
import { type ApiEnv, createRouter } from '../router.ts'

// Each number has one spelling: "00" and "0x0" are not accepted.
const number = z
  .string()
  .regex(plainInteger)
  .transform(Number)
  .openapi({
    type: 'integer',
    minimum: 0,
    description: 'The number of the output.',
    example: 0,
    param: { in: 'path', name: 'n', required: true },
  })
const params = z.object({ id: z.string(), n: number })
const namedParams = params.extend({ name: fileNameParam('job_01m7y129hgecwv3drza7xse4qt-0.mp4') })

const operation = {
  tags: ['Outputs'],
  method: 'get' as const,
  security: keyOrLink,
  responses: {
    ...fileResponses(videoTypes),
    401: problemResponse('The API key or the link is missing or not valid.'),
    404: problemResponse('There is no such output, it is not stored yet, or it has another name.'),
    422: invalidQuery,
  },
}
const query = linkQuery.extend(downloadQuery.shape)

const show = createRoute({
  ...operation,
  operationId: 'getJobOutput',
  path: '/{id}/outputs/{n}',
  summary: 'Download or play a video by its number',
  description: 'For an API key: the video that getJobOutputFile returns, without its name.',
  request: { params, query },
})

const showNamed = createRoute({
  ...operation,
  operationId: 'getJobOutputFile',
  path: '/{id}/outputs/{n}/{name}',
  summary: 'Download or play a video',
  description:
    'Opens with an API key, or with the signed link of the output, also from a page of any origin. Supports HEAD, a range and every conditional header of RFC 9110. A request for several ranges returns the whole file. So does bytes=0- with a link, up to 512 MB.',
  request: { params: namedParams, query },
})

export const outputRoutes = createRouter()

const target = params
  .extend({ name: z.string().optional() })
  .transform(({ id, n, name }) => ({ jobId: id, n, fileName: name }))
outputRoutes.use('/:id/outputs/:n/:name?', allowAnyOrigin)
outputRoutes.use('/:id/outputs/:n/:name?', requireLinkOrKey(target))

outputRoutes.openapi(show, async (c) => serveOutput(c, c.req.valid('param')))
outputRoutes.openapi(showNamed, async (c) => serveOutput(c, c.req.valid('param')))

async function serveOutput(
  c: HonoContext<ApiEnv>,
  { id, n, name }: { id: string; n: number; name?: string },
) {
  const output = await findStoredOutput(c.get('context').dbOf(id), id, n, viewerOf(c))
  if (output === null) return problem(c, 'not_found', 'There is no such output, or it is not stored yet.')
  return serveFile(c, { ...output, fileName: outputFileName(id, output), tag: id }, name)
}
