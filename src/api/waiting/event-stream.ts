/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { Context as HonoContext } from 'hono'
import type { Context } from '../../context.ts'
import { reconnectMs } from '../../core/schedule/watch.ts'
import { describeError } from '../../log.ts'
import type { WaitingClient } from '../../store/reports/watch-memory.ts'
import type { ProblemResponse } from '../problems.ts'
import type { ApiEnv } from '../router.ts'
import { leave } from './clients.ts'

interface StreamEvent {
  id: string
  type: string
  /** JSON, so it has no line breaks. */
  data: string
}

export function frameOf({ id, type, data }: StreamEvent): string {
  return `event: ${type}\nid: ${id}\ndata: ${data}\n\n`
}

/** A comment. With an id, which a client keeps although no event comes with it. */
export function heartbeatOf(id?: string): string {
  return `: heartbeat\n${id === undefined ? '' : `id: ${id}\n`}\n`
}

/** A comment: the progress of a job is no entry of its timeline. */
export function progressOf(percent: number): string {
  return `: progress ${percent}\n\n`
}

export const eventStreamType = 'text/event-stream'

/** Returns the next frames. Null: the stream ends. */
export type NextFrames = () => Promise<string | null>

/**
 * `follow` is called for the next frames when the client has taken those before: a slow client causes no reads, and no
 * memory. Its signal is aborted when the client has left, which the runtime may notice at the next frame only.
 */
export function streamEvents(
  c: HonoContext<ApiEnv>,
  client: WaitingClient,
  follow: (signal: AbortSignal) => NextFrames,
): ProblemResponse {
  const context = c.get('context')
  const left = new AbortController()
  const end = () => {
    left.abort()
    leave(context, client)
  }
  const { signal } = c.req.raw
  if (signal.aborted || c.req.method === 'HEAD') end()
  signal.addEventListener('abort', end)
  const next = follow(left.signal)
  const encoder = new TextEncoder()
  let isFirst = true
  const frames = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const text = isFirst ? `retry: ${reconnectMs}\n\n` : await nextOf(context, next)
        isFirst = false
        if (left.signal.aborted) return
        if (text !== null) return controller.enqueue(encoder.encode(text))
        end()
        controller.close()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
  return c.newResponse(frames, 200, { 'content-type': eventStreamType }) as Response as ProblemResponse
}

/** After an error the stream ends, and the client reconnects where it was. */
async function nextOf({ log }: Pick<Context, 'log'>, next: NextFrames): Promise<string | null> {
  try {
    return await next()
  } catch (error) {
    log('stream.failed', { error: describeError(error) })
    return null
  }
}
