/**
 * The waits and limits of a job's life: leases, retries, grace periods and erasure, as one list a caller could read. Those of
 * deliveries are in deliveries.ts, those of waiting clients in watch.ts, and the functions that choose a wait in waits.ts. Not
 * here, but with the code that uses them: the timeout of a single call, the repeats of a call to D1 (store/patience.ts), the
 * lifetime of a cached value, a provider's polling pace, the limit on a receiver's Retry-After (deliveries/next-attempt.ts) and
 * the daily reconciliation (engine/upkeep/).
 */
import { hours, minutes, seconds } from './units.ts'

// Steps and the sweep

/** How long one claim holds a row. A step renews it while bytes flow; a crashed step is found when it expires. */
export const leaseMs = 60 * seconds

/** Bounds of the wait before a step that threw is retried; between them it is an eighth of the job's age. */
export const minSurpriseWaitMs = 2 * seconds
export const maxSurpriseWaitMs = 5 * minutes

/**
 * How long all downloads of one step may take together. A queue consumer has 15 minutes; the rest is for what comes before
 * and after in the same message.
 */
export const maxTransferMs = 12 * minutes

/** How long one message begins further long steps. */
export const beginsStepsMs = 1 * minutes

/** From this wait on, the cron sweep sends the wake-up, so that no queue message is paid for. */
export const sweepEveryMs = 1 * minutes

// Submitting

/** Waits before a temporarily refused submission is retried; the last one repeats until the deadline. */
export const submitWaitsMs = [2 * seconds, 5 * seconds, 15 * seconds, 1 * minutes] as const

/** Waits between polls of a provider's import of an input; the last one repeats until the deadline. */
export const importWaitsMs = [
  1 * seconds,
  2 * seconds,
  5 * seconds,
  15 * seconds,
  30 * seconds,
  1 * minutes,
] as const

/** Waits between attempts to resolve an unknown submission; the last one repeats until the deadline. */
export const resolveWaitsMs = [2 * seconds, 5 * seconds, 15 * seconds, 1 * minutes, 2 * minutes] as const

/**
 * How long an unknown submission is resolved before another replaces it, if the caller allows that. A webhook or a list
 * that lags a little should have named the task by then.
 */
export const replaceAfterMs = 2 * minutes

/**
 * When a provider's list proves that it never accepted a submission (`engine/submit/absence.ts` has the reasons): the first
 * look at the list that counts, and the last, both after the call was recorded, and the least time between the two.
 */
export const absentSinceMs = 2 * minutes
export const absentAfterMs = 4 * minutes
export const absentBetweenMs = 1 * minutes

/** A billable call that was held up for longer after its task was written is not made. */
export const maxCallDelayMs = 30 * seconds

// Polling

/** Waits between polls after a webhook announced an end that the status does not show yet; then the normal pace. */
export const announcedWaitsMs = [
  1 * seconds,
  2 * seconds,
  4 * seconds,
  8 * seconds,
  15 * seconds,
  30 * seconds,
] as const

/** The wait before an urgent poll: the deadline is over, or a failure needs a second response. */
export const soonMs = 15 * seconds

/** A provider must not know a task for this long before the task counts as gone. */
export const goneAfterMs = 1 * minutes

/** A provider must report a failure for this long before it counts: one response may be wrong. */
export const failedAfterMs = 10 * seconds

/**
 * How long polling continues after the deadline if the provider cannot be reached then. One bad response must not cost a
 * video that was made and paid for.
 */
export const finalPollWindowMs = 5 * minutes

// Saving outputs

/** Waits before each new attempt to copy an output whose source failed; after the last one the output has failed. */
export const copyWaitsMs = [
  2 * seconds,
  10 * seconds,
  1 * minutes,
  5 * minutes,
  15 * minutes,
  30 * minutes,
] as const

/** How long a job may stay unsettled after its deadline: every wait between copies, and ten minutes for the copying. */
export const settleGraceMs = copyWaitsMs.reduce<number>((sum, waitMs) => sum + waitMs, 10 * minutes)

/**
 * How long after a job's deadline its callback and upload URLs for providers still work. Settling takes at most an hour,
 * and providers repeat a webhook for minutes; an older URL can only have leaked.
 */
export const tokenGraceMs = 3 * 24 * hours

// Late results

/**
 * When a provider is asked for the video of a job that failed at its deadline, counted from the job's end; a webhook or an
 * upload makes it sooner. The last question ends the check: what the provider has finished by then is stored.
 */
export const lateQuestionsMs = [5 * minutes, 1 * hours, 6 * hours, 24 * hours] as const

/** How long after a job's end late results are awaited. */
export const lateWindowMs = lateQuestionsMs[3]

// Cancellations

/**
 * Waits before a provider is asked again to cancel a task of a canceled job, if it did not respond or has not confirmed. Most
 * providers cancel only what has not begun, so the first ones are short; after the last one the task may be made and billed.
 */
export const cancelWaitsMs = [5 * seconds, 20 * seconds, 1 * minutes, 3 * minutes, 5 * minutes] as const
/** After the end of the job: every attempt has been made by then. */
export const cancelWindowMs = cancelWaitsMs.reduce((sum, waitMs) => sum + waitMs, 1 * minutes)

// Exports: their waits are those of deliveries

/** How long one claim holds an export. It is not renewed: the copy takes `maxTransferMs` at most, the rest is for D1. */
export const exportLeaseMs = maxTransferMs + 2 * minutes

/**
 * How many exports of one database may be attempted at once. The others wait for the sweep: a bucket that is slow or down
 * holds few of the consumers that end jobs.
 */
export const maxExportsAtOnce = 8

// Erasure

/** How long an erased job's tombstone is kept if a caller was notified of the job: for the log, and for redelivery. */
export const tombstoneKeptMs = 7 * 24 * hours

/** How long the Idempotency-Key of an erased job still means that job: a late repetition must not buy a video again. */
export const erasedKeyKeptMs = 24 * hours

/** How long an erasure waits before it checks again whether every delivery of the job has ended. */
export const erasureWaitMs = 1 * hours

// Starts

/**
 * For how long a request without an Idempotency-Key may be repeated. OpenAI's clients do it twice, each after they have waited
 * for a response for ten minutes at most.
 */
export const repetitionMs = 30 * minutes
