/** The bodies of requests, before a route sees them: bounded in size and in depth, and read once. */
import { createMiddleware } from 'hono/factory'
import { maxJsonDepth, parseDeepJson, tooDeepAt } from '../core/json.ts'
import type { ApiEnv } from './environment.ts'
import { problem } from './problems.ts'

const maxBodyBytes = 1024 * 1024

/** For every route but the upload of an asset, which streams its body. */
export const onlySoundBody = createMiddleware<ApiEnv>(async (c, next) => {
  const { body } = c.req.raw
  if (body === null) return next()
  const bytes = Number(c.req.header('content-length') ?? 0) > maxBodyBytes ? null : await readBounded(body)
  if (bytes === null) return problem(c, 'too_large', 'A body has at most 1 MiB. Give media by URL.')
  const path = tooDeepAt(parseDeepJson(new TextDecoder().decode(bytes)))
  if (path !== null) {
    const errors = [{ path, message: `nests more than ${maxJsonDepth} levels deep` }]
    return problem(c, 'invalid_request', 'Nothing was done. Correct the field named in errors.', errors)
  }
  c.req.raw = new Request(c.req.raw, { body: bytes.length === 0 ? null : bytes })
  return next()
})

/** Null: it is larger than a body may be. The rest is not read. */
async function readBounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBodyBytes) return null
    chunks.push(chunk)
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}
