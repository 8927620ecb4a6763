/** The waits and limits of deliveries: attempts, hosts in trouble, receivers that are disabled, and the secrets that sign. */
import { hours, minutes, seconds } from './units.ts'

/** Waits before each attempt of a delivery: ten attempts over about three days. */
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

/** The wait of a delivery that was not sent, because this side had no free connection. It counts as no attempt. */
export const noConnectionWaitMs = 5 * seconds

/**
 * How many attempts of one owner may run at one host; its other deliveries to that host wait in the host queue. With several
 * databases each counts its own.
 */
export const maxAttemptsPerHost = 20

/**
 * A job's last event is attempted by the message that settles the job, unless this many attempts of its owner run at its
 * host. So a receiver that is slow holds few of the consumers that settle jobs; its other deliveries use the queue.
 */
export const maxFreshAttemptsPerHost = 5

/** How many of these attempts one invocation makes at once: half of its connections stay free for the other message. */
export const maxFreshAttempts = 2

/** A host's circuit opens after this many consecutive failures without a response in between. */
export const failuresToOpenCircuit = 10

/**
 * While a circuit is open, a path that has not failed may still be tried, until this many paths have failed. Then the
 * host is down, not single paths of it.
 */
export const failingPathsToBlockHost = 10

/**
 * Waits while a host's circuit is open, before one delivery tries it again; the last one repeats. The sweep starts that
 * try, so a shorter wait than the sweep's has no effect.
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

/** A receiver that fails for this long is disabled: it receives nothing more until a caller enables it again. */
export const disableAfterMs = 5 * 24 * hours

/** A failure streak resets after this long without a failure. It is longer than any wait between two attempts. */
export const streakForgottenMs = 48 * hours

/**
 * How many of the consecutive failures must belong to the delivery at hand. Hosts are shared: no receiver is disabled
 * for the refusals of others, or for one bad moment.
 */
export const ownFailuresToDisable = 4

// Secrets

/** How long a rotated-out secret signs beside the new one. */
export const secretOverlapMs = 24 * hours

/** How many secrets may sign one delivery; each adds a signature to its header. */
export const maxSecretsAtOnce = 4
