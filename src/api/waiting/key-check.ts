/** Whether the API key of a stream may still use it. */
import type { Context as HonoContext } from 'hono'
import { type Caller, mayDo } from '../../core/access.ts'
import { keyCheckMs } from '../../core/schedule/watch.ts'
import { describeError } from '../../log.ts'
import { adminKeyId } from '../auth.ts'
import type { ApiEnv } from '../router.ts'

/** The check returns false once the key is revoked, has expired, or sees other jobs or other parts of them. It reads once a minute at most. */
export function createKeyCheck(c: HonoContext<ApiEnv>): (elapsedMs: number) => Promise<boolean> {
  const { owners, now, log } = c.get('context')
  const caller = c.get('caller')
  const keyHash = c.get('keyHash')
  let checkedAtMs = 0
  return async (elapsedMs) => {
    if (caller.expiresAt !== null && caller.expiresAt <= now()) return false
    if (caller.keyId === adminKeyId || elapsedMs - checkedAtMs < keyCheckMs) return true
    checkedAtMs = elapsedMs
    try {
      const current = await owners.callerByHash(keyHash)
      if (current === null || !seesTheSame(current, caller)) return false
      return current.expiresAt === null || current.expiresAt > now()
    } catch (error) {
      log('watch.failed', { error: describeError(error) })
      return true
    }
  }
}

/** The frames of a stream are written for the caller that began it. */
function seesTheSame(current: Caller, caller: Caller): boolean {
  const isSame = current.project === caller.project && mayDo(current, 'admin') === mayDo(caller, 'admin')
  return isSame && mayDo(current, 'jobs:read')
}
