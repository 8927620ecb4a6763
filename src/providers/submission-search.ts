/** Searching a provider's list of tasks for a submission whose response was lost. */
import type { LostSubmission } from './provider.ts'

// How far a provider's clock may be behind ours.
const clockSkewMs = 5 * 60_000

/** Whether a task is too old to be the submission. An unreadable time (NaN) is not. */
export function isOlder(createdAt: number, { intendedAt }: LostSubmission): boolean {
  return createdAt < intendedAt - clockSkewMs
}

/** Whether a whole page is older than the submission, so that no later page has it, whatever order a page has. */
export function reachesBack(createdAt: readonly number[], submission: LostSubmission): boolean {
  return createdAt.length > 0 && createdAt.every((timeMs) => isOlder(timeMs, submission))
}
