/** This machine reads the events from GET /v1/events, signs them and posts them to the local application. */
import { pause } from '../../client/frames.ts'
import type { ReelhookClient, StreamConnection } from '../../client/index.ts'
import type { StreamedTypes } from './event-types.ts'
import { forward, needsRetry } from './forward.ts'
import { answerLine, type Line } from './lines.ts'
import { signedHeaders } from './sign.ts'

interface Options {
  client: ReelhookClient
  types: StreamedTypes
  secret: string
  forwardTo: string | null
  report: (line: Line) => void
  onReady: () => void
}

/** Before the second, third and fourth attempt. */
const retryDelaysMs = [1_000, 5_000, 20_000]

/** Until the signal is aborted. */
export async function followStream(options: Options, signal: AbortSignal): Promise<void> {
  const { client, types, report } = options
  const retries = new Set<Promise<void>>()
  try {
    const following = { signal, onConnection: connectionReporter(options) }
    for await (const { id, body, event } of client.follow({ types }, following)) {
      if (id === null) report({ type: 'gap', ...event.data })
      else if (!(await attempt(options, { id, body }, 1))) {
        // The next event does not wait for it.
        const retry = repeat(options, { id, body }, signal)
        retries.add(retry)
        void retry.finally(() => retries.delete(retry))
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  await Promise.all(retries)
}

function connectionReporter({ report, onReady }: Options): (connection: StreamConnection) => void {
  let hasOpened = false
  return (connection) => {
    if (!connection.isOpen) report({ type: 'interrupted', error: connection.error.detail })
    else if (hasOpened) report({ type: 'resumed' })
    else onReady()
    hasOpened = true
  }
}

interface Item {
  id: string
  body: string
}

/** Whether no other attempt follows. */
async function attempt(
  { secret, forwardTo, report }: Options,
  { id, body }: Item,
  n: number,
): Promise<boolean> {
  const headers = signedHeaders(secret, { id, body, nowMs: Date.now() })
  if (n === 1) report({ type: 'event', id, event: JSON.parse(body), headers })
  if (forwardTo === null) return true
  const answer = await forward(forwardTo, { headers, body: new TextEncoder().encode(body) })
  const retryInMs = needsRetry(answer) ? (retryDelaysMs[n - 1] ?? null) : null
  const retried_by = retryInMs === null ? null : 'listen'
  report(answerLine({ id, attempt: n, retried_by, retry_in_ms: retryInMs }, answer))
  return retryInMs === null
}

async function repeat(options: Options, item: Item, signal: AbortSignal): Promise<void> {
  for (const [index, delayMs] of retryDelaysMs.entries()) {
    const isOver = await pause(delayMs, signal).then(
      () => false,
      () => true,
    )
    if (isOver || (await attempt(options, item, index + 2))) return
  }
}
