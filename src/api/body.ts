/** Request bodies before a route sees them: read once, and limited in size, depth and entries. */
import { createMiddleware } from 'hono/factory'
import { maxJsonDepth, maxJsonEntries, parseDeepJson, tooDeepAt, tooManyAt } from '../core/http/json.ts'
import { type FieldFault, problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

const maxBodyBytes = 1024 * 1024

/** For every route except the upload of an asset, which streams its body. */
export const validateBody = createMiddleware<ApiEnv>(async (c, next) => {
  const { body } = c.req.raw
  if (body === null) return next()
  const isTooLarge = Number(c.req.header('content-length') ?? 0) > maxBodyBytes
  const bytes = isTooLarge ? 'too_large' : await readBounded(body)
  if (bytes === 'too_large')
    return problem(c, bytes, 'A body can have at most 1 MiB. Send large media by URL.')
  if (bytes === 'unreadable_body') return problem(c, bytes, 'Nothing was done. Send the request again.')
  const fault = structureFault(parseDeepJson(new TextDecoder().decode(bytes)))
  if (fault !== null)
    return problem(c, 'invalid_request', 'Nothing was done. Correct the field in errors.', [fault])
  c.req.raw = new Request(c.req.raw, { body: bytes.length === 0 ? null : bytes })
  return next()
})

/** Stops reading at the size limit. */
async function readBounded(
  body: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer> | 'too_large' | 'unreadable_body'> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // Leaving the loop cancels the stream.
    for await (const chunk of body) {
      size += chunk.length
      if (size > maxBodyBytes) return 'too_large'
      chunks.push(chunk)
    }
  } catch {
    // Reading a body throws only when the sender's connection broke.
    return 'unreadable_body'
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}

function structureFault(json: unknown): FieldFault | null {
  const deepPath = tooDeepAt(json)
  if (deepPath !== null) return { path: deepPath, message: `nests more than ${maxJsonDepth} levels deep` }
  const widePath = tooManyAt(json)
  return widePath === null ? null : { path: widePath, message: `has more than ${maxJsonEntries} entries` }
}
