/** The bodies of requests, before a route sees them: bounded in size, depth and entries, and read once. */
import { createMiddleware } from 'hono/factory'
import { maxJsonDepth, maxJsonEntries, parseDeepJson, tooDeepAt, tooManyAt } from '../core/http/json.ts'
import { type FieldFault, problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

const maxBodyBytes = 1024 * 1024

/** For every route but the upload of an asset, which streams its body. */
export const validateBody = createMiddleware<ApiEnv>(async (c, next) => {
  const { body } = c.req.raw
  if (body === null) return next()
  const isTooLarge = Number(c.req.header('content-length') ?? 0) > maxBodyBytes
  const bytes = isTooLarge ? 'too_large' : await readBounded(body)
  if (bytes === 'too_large') return problem(c, bytes, 'A body has at most 1 MiB. Give media by URL.')
  if (bytes === 'unreadable_body') return problem(c, bytes, 'Nothing was done. Send it again.')
  const fault = boundFault(parseDeepJson(new TextDecoder().decode(bytes)))
  if (fault !== null)
    return problem(c, 'invalid_request', 'Nothing was done. Correct the field named in errors.', [fault])
  c.req.raw = new Request(c.req.raw, { body: bytes.length === 0 ? null : bytes })
  return next()
})

function boundFault(json: unknown): FieldFault | null {
  const deep = tooDeepAt(json)
  if (deep !== null) return { path: deep, message: `nests more than ${maxJsonDepth} levels deep` }
  const wide = tooManyAt(json)
  return wide === null ? null : { path: wide, message: `has more than ${maxJsonEntries} entries` }
}

/** Of a body that is larger than it may be, the rest is not read. */
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
    // What reading a body throws is its sender's: the connection broke.
    return 'unreadable_body'
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}
