/** When an API key was last used, to the hour. */
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'
import { describeError } from '../log.ts'
import { markUsed } from '../store/deliveries/api-keys.ts'

const writtenEveryMs = 60 * 60_000

type Waiting = Pick<ExecutionContext, 'waitUntil'>

/** In the background, and at most once an hour. A failure costs only the time that is shown. */
export function noteUse({ db, now, log }: Context, execution: Waiting, caller: Caller): void {
  const nowMs = now()
  const staleMs = nowMs - writtenEveryMs
  if (caller.lastUsedAt !== null && caller.lastUsedAt > staleMs) return
  // The isolate remembers the caller, so the requests that follow write nothing.
  caller.lastUsedAt = nowMs
  const write = markUsed(db, caller.keyId, nowMs, staleMs).catch((error) =>
    log('last_used.failed', { error: describeError(error) }),
  )
  execution.waitUntil(write)
}
