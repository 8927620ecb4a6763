/**
 * The looks of one waiting client. Between them it holds no connection and no query, only a timer of its own. At a look the
 * first client of the isolate reads for all of them (`readForAll`).
 */
import type { Context } from '../../context.ts'
import { isInInterval, readAbandonedMs, readUnderWayMs, untilNextLookMs } from '../../core/schedule/watch.ts'
import { describeError } from '../../log.ts'
import type { LastRead, WaitingClient } from '../../store/reports/watch-memory.ts'

export interface Looks {
  /** Since the client came. */
  elapsedMs(): number
  /** Waits until the next look in an interval, for `maxMs` at most. False: the client has left, and must not read. */
  next(intervalMs: number, maxMs?: number): Promise<boolean>
  /** The same for a read that is under way. */
  untilRead(): Promise<boolean>
}

export function createLooks(
  { watching: { clients }, now, wait, chance }: Pick<Context, 'watching' | 'now' | 'wait' | 'chance'>,
  client: WaitingClient,
  signal: AbortSignal,
): Looks {
  const startedAt = now()
  let waitedMs = 0
  const pause = async (ms: number) => {
    await wait(ms)
    // A wait ends even if the clock does not advance.
    waitedMs += ms
    if (signal.aborted) {
      clients.delete(client)
      return false
    }
    client.lookedAt = now()
    clients.add(client)
    return true
  }
  return {
    elapsedMs: () => Math.max(now() - startedAt, waitedMs),
    next: (intervalMs, maxMs = intervalMs * 2) =>
      pause(Math.min(maxMs, untilNextLookMs(now(), intervalMs, chance()))),
    untilRead: () => pause(readUnderWayMs),
  }
}

/**
 * Reads, unless a client of this isolate has read in this interval or is reading. A read that fails is logged and counts as
 * one: thousands of clients must not repeat it at once.
 */
export async function readForAll(
  { now, log }: Pick<Context, 'now' | 'log'>,
  last: LastRead,
  intervalMs: number,
  read: () => Promise<void>,
): Promise<'read' | 'recent' | 'under_way'> {
  const nowMs = now()
  if (last.underWaySince !== null && nowMs - last.underWaySince < readAbandonedMs) return 'under_way'
  if (isInInterval(last.beganAt, nowMs, intervalMs)) return 'recent'
  last.beganAt = nowMs
  last.underWaySince = nowMs
  try {
    await read()
    last.hasFailed = false
  } catch (error) {
    last.hasFailed = true
    log('watch.failed', { error: describeError(error) })
  } finally {
    last.underWaySince = null
  }
  return 'read'
}
