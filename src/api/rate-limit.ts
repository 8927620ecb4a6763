/** How often a key may call: enough for any burst that is meant, too little to slow every other key down. */
import { createMiddleware } from 'hono/factory'
import { isWithinRate, periodSeconds } from '../rate-limit.ts'
import { tooOften } from './problems.ts'
import type { ApiEnv } from './router.ts'

export const onlyWithinRate = createMiddleware<ApiEnv>(async (c, next) => {
  const { requests, log } = c.get('context')
  if (await isWithinRate(requests, c.get('apiKeyId'), log)) return next()
  return tooOften(c, periodSeconds, 'Nothing was done. Call again after the seconds in Retry-After.')
})
