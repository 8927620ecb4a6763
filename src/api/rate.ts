/** How often a key may post: enough for any burst that is meant, too little to drown everybody else. */
import { createMiddleware } from 'hono/factory'
import { isWithinRate, periodSeconds } from '../rate.ts'
import type { ApiEnv } from './environment.ts'
import { tooOften } from './problems.ts'

export const onlyWithinRate = createMiddleware<ApiEnv>(async (c, next) => {
  const { posts, log } = c.get('context')
  if (await isWithinRate(posts, c.get('apiKeyId'), log)) return next()
  return tooOften(c, periodSeconds, 'Nothing was accepted. Post again after the seconds in Retry-After.')
})
