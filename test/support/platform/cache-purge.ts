/**
 * The cache in front of the Worker, as far as purging goes. Cloudflare limits it on every plan, for the whole account: 5
 * purges a minute with a bucket of 25, and 100 tags per purge (docs: cache/how-to/purge-cache, workers/cache/limitations).
 */
const maxTags = 100
const bucketSize = 25
const purgesPerMs = 5 / 60_000

export interface LimitedCache extends Pick<CacheContext, 'purge'> {
  /** The tags of each purge that succeeded. */
  purges: string[][]
  /** How many purges were refused. */
  refusals: () => number
}

export function createLimitedCache(now: () => number): LimitedCache {
  const purges: string[][] = []
  let refusals = 0
  let left = bucketSize
  let filledAt = now()
  const refuse = (message: string) => {
    refusals += 1
    return { success: false, errors: [{ code: 0, message }] }
  }
  return {
    purges,
    refusals: () => refusals,
    async purge({ tags = [] }) {
      left = Math.min(bucketSize, left + (now() - filledAt) * purgesPerMs)
      filledAt = now()
      if (tags.length === 0 || tags.length > maxTags) return refuse(`a purge takes 1 to ${maxTags} tags`)
      if (left < 1) return refuse('the rate limit of purges is reached')
      left -= 1
      purges.push(tags)
      return { success: true, errors: [] }
    },
  }
}
