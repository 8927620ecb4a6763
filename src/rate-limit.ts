/** Counting calls with the platform's rate limits, which count per Cloudflare location. */
import { describeError, type Log } from './log.ts'

/** As in wrangler.toml: by then the count has begun anew. */
export const periodSeconds = 60

/** A counter that is down refuses no call. */
export async function isWithinRate(counter: RateLimit, key: string, log: Log): Promise<boolean> {
  try {
    return (await counter.limit({ key })).success
  } catch (error) {
    log('rate_limit.unavailable', { error: describeError(error) })
    return true
  }
}
