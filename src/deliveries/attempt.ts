/** One signed POST to a caller, and its result. Reads and writes no row. */
import { type Fetch, NotSentError, timeoutOf } from '../connections.ts'
import type { Guard } from '../core/url/policy.ts'
import { type Attempted, classifyResponse, noResponse, notSent } from './classify.ts'

export interface AttemptEdges {
  fetch: Fetch
  now: () => number
  guard: Guard
}

export interface Post {
  url: string
  body: string
  /** The headers that sign it, and those of the caller; null when a secret of them cannot be read. */
  signatureHeaders: Record<string, string> | null
}

const timeoutMs = 15_000
const maxReadBytes = 16 * 1024
const maxStoredBytes = 1024

/** `no_connection`: there was no attempt, because none of the invocation's connections was free. */
export async function attemptPost(
  edges: AttemptEdges,
  { url, body, signatureHeaders }: Post,
): Promise<Attempted | 'no_connection'> {
  const rejection = await edges.guard(url)
  if (rejection !== null) {
    const error = `the URL ${rejection.message}`
    return rejection.isHostDown ? noResponse(error) : notSent(error)
  }
  if (signatureHeaders === null) {
    return notSent('there is no secret to sign with, or SIGNING_SECRET was changed since')
  }
  const timeout = timeoutOf(timeoutMs)
  const request = new Request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...signatureHeaders,
    },
    body,
    redirect: 'manual',
    signal: timeout.signal,
  })
  try {
    const response = await edges.fetch(request, timeout.start)
    return classifyResponse(url, response, await readStart(response), edges.now())
  } catch (error) {
    if (error instanceof NotSentError) return 'no_connection'
    // fetch and reading a body throw for network failures only: refused, reset, timed out.
    return noResponse(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  }
}

/** The start of the response body. */
async function readStart({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk)
      bytes += chunk.length
      // Leaving the loop cancels the rest.
      if (bytes >= maxReadBytes) break
    }
  } catch {
    // The body broke off, or the timeout cut it. The status alone decides, so the part that came is enough.
    return textOf(chunks)
  }
  return textOf(chunks)
}

async function textOf(chunks: Uint8Array[]): Promise<string> {
  const start = await new Blob(chunks).slice(0, maxStoredBytes).arrayBuffer()
  // In streaming mode the decoder drops a character that was cut at the end.
  return new TextDecoder().decode(start, { stream: true })
}
