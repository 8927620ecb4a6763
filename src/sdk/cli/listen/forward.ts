/** Posts an event to the local application. */

export interface Post {
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer>
}

export type Answer =
  | { kind: 'answered'; status: number; headers: Headers; body: Uint8Array<ArrayBuffer>; durationMs: number }
  | { kind: 'unanswered'; error: string; durationMs: number }

/** As long as Reelhook waits for the answer of a receiver. */
const timeoutMs = 15_000
const maxAnswerBytes = 64 * 1024

export async function forward(url: string, { headers, body }: Post): Promise<Answer> {
  const startedAt = performance.now()
  const durationMs = () => Math.round(performance.now() - startedAt)
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const init = { method: 'POST', headers: forwardedHeaders(headers), body, signal } as const
    const response = await fetch(url, { ...init, redirect: 'manual' })
    const answer = await readStart(response)
    const { status } = response
    return { kind: 'answered', status, headers: response.headers, body: answer, durationMs: durationMs() }
  } catch (error) {
    return { kind: 'unanswered', error: reasonOf(error, url), durationMs: durationMs() }
  }
}

/** As for Reelhook: a success, 410 and Svix's abort-message end a delivery. */
export function needsRetry(answer: Answer): boolean {
  if (answer.kind === 'unanswered') return true
  const { status, headers } = answer
  const isAborted = headers.get('webhook-delivery')?.trim().toLowerCase() === 'abort-message'
  return (status < 200 || status >= 300) && status !== 410 && !isAborted
}

/** Headers of one connection, and what `fetch` has decoded or sets itself. */
const ofConnection = [
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]

export function forwardedHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.includes(name)))
}

async function readStart({ body }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop cancels the rest.
    if (bytes >= maxAnswerBytes) break
  }
  return new Uint8Array(await new Blob(chunks).slice(0, maxAnswerBytes).arrayBuffer())
}

/** `fetch` throws a TypeError whose cause has the code of the network error. */
function reasonOf(error: unknown, url: string): string {
  const { host } = new URL(url)
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} seconds`
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens at ${host}`
    case 'ENOTFOUND':
      return `there is no host ${host}`
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return `${host} closed the connection without an answer`
    default:
      return cause instanceof Error ? cause.message : error.message
  }
}
