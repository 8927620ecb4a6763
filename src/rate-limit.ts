/** Rate limits of the platform, which count calls per Cloudflare location. */
import { describeError, type Log } from './log.ts'

/** The period of each limit in wrangler.toml. */
export const periodSeconds = 60

/** If the counter is down, the call is allowed. */
export async function isWithinRate(counter: RateLimit, key: string, log: Log): Promise<boolean> {
  try {
    return (await counter.limit({ key })).success
  } catch (error) {
    log('rate_limit.unavailable', { error: describeError(error) })
    return true
  }
}
