/** GET /v1/jobs/:id/outputs/:n: the stored video, for a key or a signed link, whole or by range. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { createMiddleware } from 'hono/factory'
import { isValidLink } from '../media/links.ts'
import { findStoredOutput, type StoredOutput } from '../store/outputs.ts'
import { onlyWithKey } from './auth.ts'
import { type ApiEnv, createRouter } from './environment.ts'
import { problem, problemResponse } from './problems.ts'

// Coercion makes the input optional; a part of the path never is.
const number = z.coerce
  .number()
  .int()
  .min(0)
  .openapi({ param: { in: 'path', name: 'n', required: true } })
const params = z.object({ id: z.string(), n: number })
const query = z.object({ expires: z.coerce.number().int().optional(), signature: z.string().optional() })

const video = createRoute({
  method: 'get',
  path: '/{id}/outputs/{n}',
  summary: 'The video',
  // A key, or the signature in the link.
  security: [{ apiKey: [] }, {}],
  description:
    'Opens with an API key, or with the signed link of the output. Answers Range and If-None-Match.',
  request: { params, query },
  responses: {
    200: {
      description: 'The video.',
      content: { 'video/mp4': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    206: { description: 'The range asked for.' },
    304: { description: 'Unchanged since the ETag given.' },
    401: problemResponse('Neither a valid key nor a valid link.'),
    404: problemResponse('There is no such output (yet).'),
    416: problemResponse('The range is outside the video.'),
  },
})

const onlyWithLinkOrKey = createMiddleware<ApiEnv>(async (c, next) => {
  const { config, now } = c.get('context')
  const link = z.object({ expires: z.coerce.number().int(), signature: z.string() }).safeParse(c.req.query())
  const output = params.safeParse(c.req.param())
  if (!link.success || !output.success) return onlyWithKey(c, next)
  const { id: jobId, n } = output.data
  if (await isValidLink(config, { jobId, n }, link.data, now())) return next()
  if (c.req.header('authorization') !== undefined) return onlyWithKey(c, next)
  return problem(c, 'unauthorized', 'The link is forged or has expired. Show the job again for a fresh one.')
})

export const outputRoutes = createRouter()
outputRoutes.use('/:id/outputs/:n', onlyWithLinkOrKey)
outputRoutes.openapi(video, async (c) => {
  const { db, bucket } = c.get('context')
  const { id, n } = c.req.valid('param')
  const output = await findStoredOutput(db, id, n)
  if (output === null) return problem(c, 'not_found', 'There is no such output, or it is not stored yet.')
  const range = rangeOf(c, output)
  if (range === 'unsatisfiable') {
    c.header('content-range', `bytes */${output.bytes}`)
    return problem(c, 'range_not_satisfiable', `The video has ${output.bytes} bytes.`)
  }
  if (isUnchanged(c, output)) return c.body(null, 304, headersOf(output))
  if (c.req.method === 'HEAD') return c.body(null, 200, { ...headersOf(output), ...lengthOf(output.bytes) })
  const object = await bucket.get(output.key, range === null ? {} : { range })
  if (object === null) return problem(c, 'not_found', 'The video is no longer in the bucket.')
  if (range === null) return c.body(object.body, 200, { ...headersOf(output), ...lengthOf(output.bytes) })
  const last = range.offset + range.length - 1
  const contentRange = { 'content-range': `bytes ${range.offset}-${last}/${output.bytes}` }
  return c.body(object.body, 206, { ...headersOf(output), ...lengthOf(range.length), ...contentRange })
})

function headersOf(output: StoredOutput): Record<string, string> {
  const name = output.key.replace(/^jobs\//, '').replaceAll('/', '-')
  return {
    'content-type': output.contentType,
    etag: etagOf(output),
    'accept-ranges': 'bytes',
    'content-disposition': `inline; filename="${name}"`,
    // A stored output never changes.
    'cache-control': 'private, max-age=31536000, immutable',
  }
}

function lengthOf(bytes: number) {
  return { 'content-length': String(bytes) }
}

/** RFC 9110 §13.1.2: any of a list, weak or strong, or `*`. */
function isUnchanged(c: HonoContext, output: StoredOutput): boolean {
  const tags = (c.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etagOf(output))
}

function etagOf({ sha256 }: StoredOutput): string {
  return `"${sha256}"`
}

/** One range of bytes (RFC 9110 §14). Null: none was asked for, or several, which may be answered whole. */
function rangeOf(
  c: HonoContext,
  { bytes }: StoredOutput,
): { offset: number; length: number } | 'unsatisfiable' | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(c.req.header('range') ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return null
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (start >= bytes || (first === '' && Number(last) === 0)) return 'unsatisfiable'
  return end < start ? null : { offset: start, length: end - start + 1 }
}
