/**
 * A job's status, and the only moves it may make. The types and the commit's guard both follow from this table.
 * No I/O. No clock.
 */

const moves = {
  queued: ['generating', 'failed', 'canceled'],
  generating: ['storing', 'failed', 'canceled'],
  storing: ['succeeded', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
} as const satisfies Record<string, readonly string[]>

export type JobStatus = keyof typeof moves

/** The statuses that `S` may become. */
type NextStatus<S extends JobStatus> = (typeof moves)[S][number]

/** The statuses that never change again. */
export type SettledStatus = {
  [S in JobStatus]: NextStatus<S> extends never ? S : never
}[JobStatus]

export type UnsettledStatus = Exclude<JobStatus, SettledStatus>

export const jobStatuses = Object.keys(moves) as [JobStatus, ...JobStatus[]]

export function isSettled(status: JobStatus): status is SettledStatus {
  return moves[status].length === 0
}

export function canBecome(from: JobStatus, to: JobStatus): boolean {
  const next: readonly JobStatus[] = moves[from]
  return next.includes(to)
}
