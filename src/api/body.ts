/** Request bodies before a route sees them: read once, and limited in size, depth and entries. */
import { createMiddleware } from 'hono/factory'
import { maxJsonDepth, maxJsonEntries, parseDeepJson, tooDeepAt, tooManyAt } from '../core/http/json.ts'
import { readBounded } from '../core/http/read-bounded.ts'
import { type FieldFault, problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

export const maxBodyBytes = 1024 * 1024

/** For every route except the upload of an asset, which streams its body. */
export const validateBody = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.req.raw.body === null) return next()
  const bytes = await readBounded(c.req.raw, maxBodyBytes)
  if (bytes === 'too_large')
    return problem(
      c,
      bytes,
      'A body can have at most 1 MiB. Send media by URL, or upload them to /v1/assets first.',
    )
  if (bytes === 'unreadable_body') return problem(c, bytes, 'Nothing was done. Send the request again.')
  const fault = structureFault(parseDeepJson(new TextDecoder().decode(bytes)))
  if (fault !== null)
    return problem(c, 'invalid_request', 'Nothing was done. Correct the field in errors.', [fault])
  c.req.raw = new Request(c.req.raw, { body: bytes.length === 0 ? null : bytes })
  return next()
})

/** Null: the JSON is neither too deep nor too wide. */
export function structureFault(json: unknown): FieldFault | null {
  const deepPath = tooDeepAt(json)
  if (deepPath !== null) return { path: deepPath, message: `nests more than ${maxJsonDepth} levels deep` }
  const widePath = tooManyAt(json)
  return widePath === null ? null : { path: widePath, message: `has more than ${maxJsonEntries} entries` }
}
