/** How often a key may call: enough for any burst that is meant, too little to slow every other key down. */
import { createMiddleware } from 'hono/factory'
import { sayError } from '../log.ts'
import type { ApiEnv } from './environment.ts'
import { tooOften } from './problems.ts'

// As in wrangler.toml: by then the count has begun anew.
export const periodSeconds = 60

export const onlyWithinRate = createMiddleware<ApiEnv>(async (c, next) => {
  if (await isWithin(c.get('context'), c.get('apiKeyId'))) return next()
  return tooOften(c, periodSeconds, 'Nothing was done. Call again after the seconds in Retry-After.')
})

/** A counter that is down holds nobody up. */
async function isWithin({ requests, log }: ApiEnv['Variables']['context'], key: string): Promise<boolean> {
  try {
    return (await requests.limit({ key })).success
  } catch (error) {
    log('rate.uncounted', { error: sayError(error) })
    return true
  }
}
