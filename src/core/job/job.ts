/**
 * A job's status and its allowed transitions. The types and the guard in the commit follow from this table.
 * No I/O. No clock.
 */

const transitions = {
  queued: ['generating', 'failed', 'canceled'],
  generating: ['storing', 'failed', 'canceled'],
  storing: ['succeeded', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
} as const satisfies Record<string, readonly string[]>

export type JobStatus = keyof typeof transitions

/** The statuses that may follow `S`. */
type NextStatus<S extends JobStatus> = (typeof transitions)[S][number]

/** The statuses that never change again. */
export type SettledStatus = {
  [S in JobStatus]: NextStatus<S> extends never ? S : never
}[JobStatus]

export type UnsettledStatus = Exclude<JobStatus, SettledStatus>

/** An unsettled job as a wake-up names it: the status decides which queue carries it. */
export interface DueJob {
  id: string
  status: UnsettledStatus
}

export const jobStatuses = Object.keys(transitions) as [JobStatus, ...JobStatus[]]

export const unsettledStatuses = ['queued', 'generating', 'storing'] as const satisfies UnsettledStatus[]

export function isSettled(status: JobStatus): status is SettledStatus {
  return transitions[status].length === 0
}

/** Whether steps that are committed together may lead from one to the other. */
export function canReach(from: JobStatus, to: JobStatus): boolean {
  return canBecome(from, to) || transitions[from].some((next) => canReach(next, to))
}

export function canBecome(from: JobStatus, to: JobStatus): boolean {
  const next: readonly JobStatus[] = transitions[from]
  return next.includes(to)
}
