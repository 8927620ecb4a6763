/** One signed POST to a caller, and what came of it. Reads no row and writes none. */
import { retryAfterMs } from '../core/retry-after.ts'
import type { Guard } from '../core/target.ts'
import { whyUnconnected } from './unconnected.ts'

export interface Attempted {
  /** `gone`: the caller wants no more of it (410). */
  verdict: 'delivered' | 'refused' | 'gone'
  status: number | null
  error: string | null
  /** The first kilobyte of the answer. */
  answer: string | null
  /** Where a redirect that was not followed leads. */
  redirectHost?: string
  retryAfterMs?: number | undefined
}

export interface AttemptEdges {
  fetch: (request: Request) => Promise<Response>
  now: () => number
  guard: Guard
}

export interface Post {
  url: string
  body: string
  /** The headers that sign it; null when nothing can. */
  signed: Record<string, string> | null
}

const timeoutMs = 15_000
const maxReadBytes = 16 * 1024
const maxKeptBytes = 1024

export async function attemptPost(edges: AttemptEdges, { url, body, signed }: Post): Promise<Attempted> {
  const objection = await edges.guard(url)
  if (objection !== null) return unanswered(`the URL ${objection.message}`)
  if (signed === null)
    return unanswered('there is no secret to sign with, or SIGNING_SECRET was changed since')
  const request = new Request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Reelhook/1',
      ...signed,
    },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  try {
    const response = await edges.fetch(request)
    return judge(url, response, await readStart(response), edges.now())
  } catch (error) {
    // Everything that fetch and reading a body throw is the network's: refused, reset, timed out.
    return unanswered(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  }
}

function judge(url: string, response: Response, answer: string, nowMs: number): Attempted {
  const { status } = response
  const kept = { status, answer, retryAfterMs: retryAfterMs(response.headers, nowMs) }
  if (status >= 200 && status < 300) return { ...kept, verdict: 'delivered', error: null }
  if (status === 410) return { ...kept, verdict: 'gone', error: 'the caller answered 410 Gone' }
  // Not followed: a signed body goes only where the caller said.
  if (status >= 300 && status < 400)
    return { ...kept, ...redirectOf(url, response), verdict: 'refused', error: 'a redirect is not followed' }
  const error = whyUnconnected(status) ?? `the caller answered ${status}`
  return { ...kept, verdict: 'refused', error }
}

function redirectOf(url: string, { headers }: Response): Pick<Attempted, 'redirectHost'> {
  const location = headers.get('location')
  return location !== null && URL.canParse(location, url) ? { redirectHost: new URL(location, url).host } : {}
}

function unanswered(error: string): Attempted {
  return { verdict: 'refused', status: null, error, answer: null }
}

/** What the answer begins with; nothing, when it breaks off or stalls: its status has decided already. */
async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      bytes += chunk.length
      // Leaving the loop cancels the rest.
      if (bytes >= maxReadBytes) break
    }
  } catch {
    return ''
  }
  const kept = await new Blob(chunks).slice(0, maxKeptBytes).arrayBuffer()
  // As a stream: a character cut in half at the end is left out.
  return new TextDecoder().decode(kept, { stream: true })
}
