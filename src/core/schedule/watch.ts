/**
 * The intervals and limits of waiting clients: requests that wait for the end of a job, and streams of events. Each isolate
 * counts by itself. No I/O. No clock.
 */
import { hours, minutes, seconds } from './units.ts'

/** How long one request may wait for the end of a job. */
export const maxWaitSeconds = 60

/** The intervals between two looks at a job, and after how long without a change the next one applies. */
const watchIntervals = [
  { untilMs: 10 * seconds, intervalMs: 1 * seconds },
  { untilMs: 30 * seconds, intervalMs: 2 * seconds },
] as const
const longestIntervalMs = 5 * seconds

/** Between two looks at a job that has not changed for that long. */
export function watchIntervalMs(unchangedMs: number): number {
  return watchIntervals.find(({ untilMs }) => unchangedMs < untilMs)?.intervalMs ?? longestIntervalMs
}

/** A look at all jobs reads each unsettled one: above this number they are looked at less often. */
const manyUnsettled = 500

/** Between two looks at all unsettled jobs. */
export function feedIntervalMs(unsettled: number): number {
  return unsettled > manyUnsettled ? longestIntervalMs : 2 * seconds
}

/**
 * All clients of an isolate look in the same interval of the clock: the first reads for all of them. The looks are spread
 * over the first quarter of the interval, so that thousands do not run at one moment. `chance`: 0 ≤ n < 1.
 */
export function untilNextLookMs(nowMs: number, intervalMs: number, chance: number): number {
  return intervalMs - (nowMs % intervalMs) + Math.floor((intervalMs / 4) * chance)
}

/** Whether a read that began at `readAtMs` is recent enough for a look now. */
export function isInInterval(readAtMs: number, nowMs: number, intervalMs: number): boolean {
  return readAtMs >= nowMs - (nowMs % intervalMs)
}

/** The wait for a read of the same isolate that is under way. */
export const readUnderWayMs = 250

/** A read that is under way for longer was that of a client that left. It is longer than the patience of a request. */
export const readAbandonedMs = 15 * seconds

/** After this time without a look, a client has left. */
export const clientForgottenMs = 30 * seconds

/** A stream without an event sends a comment this often: proxies keep it open, and a client that left is noticed. */
export const heartbeatMs = 15 * seconds

/**
 * A stream ends after this time or this many statements, and the client reconnects where it was: D1 allows an invocation
 * 1,000 statements, and one read of many changes takes up to 330.
 */
export const streamLifetimeMs = 15 * minutes
export const maxStatementsOfStream = 600

/** How soon a client should reconnect after its stream ended. */
export const reconnectMs = 2 * seconds

/** How often a stream checks that its API key is still valid. */
export const keyCheckMs = 1 * minutes

/** How many clients may wait, of one API key and together. */
export const maxWaitsPerKey = 100
export const maxStreamsPerKey = 20
export const maxWaits = 2_000
export const maxStreams = 200

/** The Retry-After of a client that is one too many. */
export const tooManyRetrySeconds = 10

/** How many unsettled jobs of one database a stream of all events follows. */
export const maxUnsettledWatched = 10_000

/** How many changed jobs of one database are read at one look. The others follow at the next. */
export const maxChangesPerLook = 200

/** How many jobs that ended within `lateInsertMs` of their creation are looked at. */
export const maxEndedPerLook = 2_000

/** The last events that an isolate keeps for its streams. */
export const maxKeptEvents = 500
export const maxKeptBytes = 4 * 1024 * 1024

/**
 * An event may be committed this long after its own time, because a step commits under a lease of a minute. So a stream that
 * resumes repeats the events of this time.
 */
export const lateCommitMs = 2 * minutes

/** A new job has its row within this time after its id. */
export const lateInsertMs = 1 * minutes

/** How long a stream may be interrupted and still miss nothing. */
export const maxGapMs = 24 * hours

/** A job ends this long after it was created: the largest deadline, and two hours of copies. */
export const longestJobMs = 26 * hours

/** How many jobs of one database a stream that resumes inspects, in pages, and how many changed ones it reads in all. */
export const resumePageSize = 10_000
export const maxResumePages = 10
export const maxResumeInspected = resumePageSize * maxResumePages
export const maxResumeJobs = 500
