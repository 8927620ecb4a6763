/**
 * Every waiting time of Reelhook, as lists a caller could read. No clock: time and chance are arguments.
 */

const seconds = 1_000
const minutes = 60 * seconds
const hours = 60 * minutes

/** How long one claim holds a row. A step renews it while bytes flow; a crashed step is found when it ends. */
export const leaseMs = 60 * seconds

/** From this wait on, the cron sweep brings the nudge and no queue message is paid for. */
export const sweepEveryMs = 1 * minutes

/** Waits before each attempt of a delivery; ten attempts over about three days. */
export const deliveryWaitsMs = [
  0,
  5 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  14 * hours,
  20 * hours,
  24 * hours,
] as const

/** Waits before each new attempt to copy an output whose source failed; then the output has failed. */
const copyWaitsMs = [2 * seconds, 10 * seconds, 1 * minutes, 5 * minutes, 15 * minutes, 30 * minutes] as const

/** Waits before a refused-for-now submission is tried again; the last one repeats until the deadline. */
const submitWaitsMs = [2 * seconds, 5 * seconds, 15 * seconds, 1 * minutes] as const

/** Waits before an unknown submission is looked into again; the last one repeats until the deadline. */
const resolveWaitsMs = [2 * seconds, 5 * seconds, 15 * seconds, 1 * minutes, 2 * minutes] as const

/** After a webhook announced an end that the status does not show yet: soon, then the ordinary pace. */
const announcedWaitsMs = [
  1 * seconds,
  2 * seconds,
  4 * seconds,
  8 * seconds,
  15 * seconds,
  30 * seconds,
] as const

/** How long a status may be unaskable before a journaled webhook may stand in for it. */
export const standInAfterMs = 5 * minutes

/** A provider's own polling pace; see each provider's constant for its reasons. */
export interface Pace {
  firstMs: number
  growth: number
  longestMs: number
}

/** The wait before the next question, `sinceMs` after the submission: geometric, without a stored counter. */
export function pollWaitMs(pace: Pace, sinceMs: number): number {
  return Math.min(pace.longestMs, Math.max(pace.firstMs, sinceMs * (pace.growth - 1)))
}

/** `slowed`: the other side said that it cannot keep up, so the next longer wait takes the place of the planned one. */
export type DeliveryPace = 'ordinary' | 'slowed'

/** The wait after attempt number `attempts`, or null when there are no more. `chance` is 0..1: each ±20 %. */
export function deliveryWaitMs(
  attempts: number,
  chance: number,
  pace: DeliveryPace = 'ordinary',
): number | null {
  const planned = deliveryWaitsMs[attempts]
  if (planned === undefined) return null
  const wait = pace === 'slowed' ? (deliveryWaitsMs[attempts + 1] ?? planned) : planned
  return spread(wait, chance)
}

/** One wait ±20 %, so that those who failed together do not come back together. */
function spread(waitMs: number, chance: number): number {
  return Math.round(waitMs * (0.8 + 0.4 * chance))
}

export function copyWaitMs(attempts: number): number | null {
  return copyWaitsMs[attempts - 1] ?? null
}

export function submitWaitMs(attempts: number): number {
  return submitWaitsMs[Math.min(attempts, submitWaitsMs.length) - 1] ?? submitWaitsMs[0]
}

export function resolveWaitMs(sinceMs: number): number {
  return resolveWaitsMs.find((wait) => wait > sinceMs / 2) ?? 2 * minutes
}

/** Null when the announcement is so old that the ordinary pace goes on. */
export function announcedWaitMs(sinceMs: number): number | null {
  return announcedWaitsMs.find((wait) => wait > sinceMs / 2) ?? null
}
