/**
 * Times counted in buckets, each a fifth wider than the one before. A percentile is the middle of its bucket, so it is off by
 * at most a tenth. No I/O. No clock.
 */

export const bucketGrowth = 1.2

/** A time of a millisecond or less is in bucket 0. */
export function bucketOf(ms: number): number {
  return Math.floor(Math.log(Math.max(ms, 1)) / Math.log(bucketGrowth))
}

/** How many times are in each bucket. */
export type Histogram = ReadonlyMap<number, number>

export function countIn(histogram: Histogram): number {
  return [...histogram.values()].reduce((sum, count) => sum + count, 0)
}

/** By the nearest rank, in milliseconds. `share`: of the times that are not longer, from 0 to 1. */
export function percentileOf(histogram: Histogram, share: number): number | null {
  const rank = share * countIn(histogram)
  let reached = 0
  for (const [bucket, count] of [...histogram].sort(([a], [b]) => a - b)) {
    reached += count
    if (reached >= rank) return Math.round(bucketGrowth ** (bucket + 0.5))
  }
  return null
}
