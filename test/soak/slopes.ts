/** Slopes of measured series, and whether a series is flat. No I/O. */

export interface Point {
  atMs: number
  value: number
  /** Points are compared with those of the same group only. */
  group: number
}

/** A series is flat if it rises by less than this, or by less than this share of its median. */
export interface Tolerance {
  atLeast: number
  share: number
  /** A shorter series is not judged. */
  minMinutes?: number
}

export interface Verdict {
  median: number
  slopePerHour: number
  /** The slope times the time between the first and the last point. */
  change: number
  allowed: number
  result: 'flat' | 'falls' | 'RISES' | 'too short'
}

const hourMs = 3_600_000
const minPoints = 6

export function judge(points: readonly Point[], { atLeast, share, minMinutes = 0 }: Tolerance): Verdict {
  const median = medianOf(points.map(({ value }) => value))
  const slopePerHour = medianSlope(points) * hourMs
  const times = points.map(({ atMs }) => atMs)
  const hours = (Math.max(...times) - Math.min(...times)) / hourMs
  const change = slopePerHour * hours
  const allowed = Math.max(atLeast, share * Math.abs(median))
  if (points.length < minPoints || hours * 60 < minMinutes || Number.isNaN(change)) {
    return { median, slopePerHour, change, allowed, result: 'too short' }
  }
  const result = change > allowed ? 'RISES' : change < -allowed ? 'falls' : 'flat'
  return { median, slopePerHour, change, allowed, result }
}

/**
 * The slope per millisecond of Theil and Sen: the median of the slopes between all pairs. Up to 29 % of the points may be
 * outliers: a busy machine changes it little. NaN without a pair.
 */
export function medianSlope(points: readonly Point[]): number {
  const slopes = points.flatMap((one, n) =>
    points
      .slice(n + 1)
      .filter(({ group, atMs }) => group === one.group && atMs !== one.atMs)
      .map(({ atMs, value }) => (value - one.value) / (atMs - one.atMs)),
  )
  return medianOf(slopes)
}

/** NaN without values. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
