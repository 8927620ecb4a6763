/** Limits the requests of each API key: enough for any intended burst, and no key slows down the others. */
import { createMiddleware } from 'hono/factory'
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'
import { isWithinRate, periodSeconds } from '../rate-limit.ts'
import { rateLimited } from './problems.ts'
import type { ApiEnv } from './router.ts'

export const limitRate = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.get('isInProcess')) return next()
  const context = c.get('context')
  const caller = c.get('caller')
  if (await isCallerWithinRate(context, caller)) return next()
  return rateLimited(c, periodSeconds, 'Nothing was done. Retry after the seconds in Retry-After.')
})

/** Pages are counted apart, so that a person who looks at them takes no request from the program with the same key. */
export function isPageWithinRate({ requests, log }: Context, { keyId }: Caller): Promise<boolean> {
  return isWithinRate(requests, `pages ${keyId}`, log)
}

function isCallerWithinRate(context: Context, caller: Caller): Promise<boolean> {
  return isWithinRate(counterFor(context, caller), caller.keyId, context.log)
}

/** The limit of the deployment is the largest that a key can have. */
function counterFor(
  { requests, requestsPerMinute }: Pick<Context, 'requests' | 'requestsPerMinute'>,
  { requestsPerMinute: own }: Pick<Caller, 'requestsPerMinute'>,
): RateLimit {
  return own === 60 || own === 300 ? requestsPerMinute[own] : requests
}
