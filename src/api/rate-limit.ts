/** Limits the requests of each API key: enough for any intended burst, and no key slows down the others. */
import { createMiddleware } from 'hono/factory'
import { isWithinRate, periodSeconds } from '../rate-limit.ts'
import { rateLimited } from './problems.ts'
import type { ApiEnv } from './router.ts'

export const limitRate = createMiddleware<ApiEnv>(async (c, next) => {
  const { requests, log } = c.get('context')
  if (await isWithinRate(requests, c.get('caller').keyId, log)) return next()
  return rateLimited(c, periodSeconds, 'Nothing was done. Retry after the seconds in Retry-After.')
})
