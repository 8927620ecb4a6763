/** Rate limits of the platform, which count calls per Cloudflare location. */
import { describeError, type Log } from './log.ts'

/** The period of each limit in wrangler.toml. */
export const periodSeconds = 60

/**
 * The counter of one deployment. The Workers of an account share a counter where the namespace id and the key are equal, and
 * two deployments have some keys in common, such as the id of the admin key.
 */
export function counterOf(deployment: string, shared: RateLimit): RateLimit {
  return { limit: ({ key }) => shared.limit({ key: `${deployment} ${key}` }) }
}

/** If the counter is down, the call is allowed. */
export async function isWithinRate(counter: RateLimit, key: string, log: Log): Promise<boolean> {
  try {
    return (await counter.limit({ key })).success
  } catch (error) {
    log('rate_limit.unavailable', { error: describeError(error) })
    return true
  }
}
