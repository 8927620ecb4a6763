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

/** How long it is remembered that a job was erased, where somebody was told: for the log, and to tell it again. */
export const tombstoneKeptMs = 7 * 24 * hours

/** An erasure that has to wait, because somebody is still to be told of the job, is looked at again after so long. */
export const erasureWaitMs = 1 * hours

/** How long a secret that was rotated out goes on signing beside the new one. */
export const secretOverlapMs = 24 * hours

/** So many secrets sign one delivery at the most: each is a signature in its header. */
export const maxSecretsAtOnce = 4

/**
 * Waits while a host's circuit is open, before one delivery tries it again; the last one repeats. The sweep brings
 * the one that tries, so a shorter wait than the sweep's would be of no use.
 */
export const hostWaitsMs = [
  1 * minutes,
  2 * minutes,
  5 * minutes,
  10 * minutes,
  20 * minutes,
  30 * minutes,
  1 * hours,
] as const

/** So often must a host be down in a row, and no answer come between, until its circuit opens. */
export const failuresToOpenCircuit = 10

/**
 * While a circuit is open, a path that has not failed may try it at once, until so many paths have failed: then it is the
 * host that is down, and not some of its paths.
 */
export const failingPathsToBlockHost = 10

/** So many attempts of one owner may be under way at one host; its other deliveries there wait in line. */
export const maxAttemptsPerHost = 20

/** Who took nothing for so long, though it was tried, is sent nothing more until somebody enables it again. */
export const hostPatienceMs = 5 * 24 * hours

/** Longer than any wait between two attempts: a host that nothing failed at for so long begins anew. */
export const streakForgottenMs = 48 * hours

/**
 * Of the failures in a row so many must be of the delivery at hand: hosts are shared, and nobody is disabled for what
 * others were refused, nor for one bad moment.
 */
export const ownFailuresToDisable = 4

/** Waits before each new attempt to copy an output whose source failed; then the output has failed. */
const copyWaitsMs = [2 * seconds, 10 * seconds, 1 * minutes, 5 * minutes, 15 * minutes, 30 * minutes] as const

/** How long after its deadline a job may be unsettled still: its outputs are copied for as long, with some time over. */
export const settleGraceMs = copyWaitsMs.reduce<number>((sum, waitMs) => sum + waitMs, 10 * minutes)

/**
 * A step that fails by surprise is tried again after an eighth of the job's age: soon at first, and without a stored
 * counter.
 */
export function surpriseWaitMs(ageMs: number): number {
  return Math.min(5 * minutes, Math.max(2 * seconds, Math.round(ageMs / 8)))
}

/** Waits before a refused-for-now submission is tried again; the last one repeats until the deadline. */
const submitWaitsMs = [2 * seconds, 5 * seconds, 15 * seconds, 1 * minutes] as const

/** Waits before a provider is asked again whether it has imported a medium; the last one repeats until the deadline. */
const importWaitsMs = [
  1 * seconds,
  2 * seconds,
  5 * seconds,
  15 * seconds,
  30 * seconds,
  1 * minutes,
] as const

/** Waits before an unknown submission is looked into again; the last one repeats until the deadline. */
const resolveWaitsMs = [2 * seconds, 5 * seconds, 15 * seconds, 1 * minutes, 2 * minutes] as const

/**
 * How long an unknown submission is looked into before another takes its place, where the caller allows that: a webhook
 * or a list that lags a little should have named it by then.
 */
export const replaceAfterMs = 2 * minutes

/** After a webhook announced an end that the status does not show yet: soon, then the ordinary pace. */
const announcedWaitsMs = [
  1 * seconds,
  2 * seconds,
  4 * seconds,
  8 * seconds,
  15 * seconds,
  30 * seconds,
] as const

/**
 * How long after a job's deadline its provider's callback and upload URLs still open. Settling takes an hour at the
 * most; providers repeat a webhook for minutes. An older URL can only have leaked.
 */
export const tokenGraceMs = 3 * 24 * hours

/** How long a provider must not have known a task before it is believed to be gone. */
export const goneAfterMs = 1 * minutes

/** How long a provider must go on saying that a task has failed before it is believed: one answer may be wrong. */
export const failedAfterMs = 10 * seconds

/**
 * One bad answer right at the deadline must not cost a video that was made and paid for: whoever cannot be asked then
 * is asked on for so long.
 */
export const finalPollWindowMs = 5 * minutes

/** The wait before the next question where it is urgent: the deadline is over, or a failure is to be confirmed. */
export const soonMs = 15 * seconds

/** A provider's own polling pace; see each provider's constant for its reasons. */
export interface Pace {
  firstMs: number
  growth: number
  longestMs: number
}

/** The wait before the next question, `sinceMs` after the submission: geometric, without a stored counter. */
export function pollWaitMs(pace: Pace, sinceMs: number): number {
  // Who announces the end by a webhook may be left in peace for longer at first than later on.
  if (sinceMs === 0) return pace.firstMs
  return Math.min(pace.longestMs, Math.max(pace.firstMs, Math.round(sinceMs * (pace.growth - 1))))
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
export function spread(waitMs: number, chance: number): number {
  return Math.round(waitMs * (0.8 + 0.4 * chance))
}

export function copyWaitMs(attempts: number): number | null {
  return copyWaitsMs[attempts - 1] ?? null
}

export function submitWaitMs(attempts: number): number {
  return submitWaitsMs[Math.min(attempts, submitWaitsMs.length) - 1] ?? submitWaitsMs[0]
}

/** The wait before the next question, `sinceMs` after the medium was sent. */
export function importWaitMs(sinceMs: number): number {
  return importWaitsMs.find((wait) => wait > sinceMs / 2) ?? 1 * minutes
}

export function resolveWaitMs(sinceMs: number): number {
  return resolveWaitsMs.find((wait) => wait > sinceMs / 2) ?? 2 * minutes
}

/** Null when the announcement is so old that the ordinary pace goes on. */
export function announcedWaitMs(sinceMs: number): number | null {
  return announcedWaitsMs.find((wait) => wait > sinceMs / 2) ?? null
}
