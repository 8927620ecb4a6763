/** The limits that decide what is wrong, for the health call, the overview and the alerts. No I/O. No clock. */
import type { Backlog } from '../store/reports/backlog.ts'

/** A slower response makes the API slow for its callers. */
export const slowMs = 2_000
/** The sweep runs every minute: work that is overdue for three minutes is not being swept. */
export const overdueMs = 3 * 60_000
/** Cloudflare limits purges, so a burst of erasures may take minutes, but not an hour. */
const latePurgeMs = 60 * 60_000
/** Fewer tasks say nothing about a share of them. */
export const minTasks = 10

export function isOverdue({ oldestDueAt }: { oldestDueAt: number | null }, nowMs: number): boolean {
  return oldestDueAt !== null && nowMs - oldestDueAt > overdueMs
}

export function isPurgeLate({ oldestAt }: Backlog['purges'], nowMs: number): boolean {
  return oldestAt !== null && nowMs - oldestAt > latePurgeMs
}

/** `waiting`: the messages in the queues. Overdue work without a message was not found by the sweep. */
export function isSwept({ jobs, deliveries }: Backlog, waiting: number | null, nowMs: number): boolean {
  return !(isOverdue(jobs, nowMs) || isOverdue(deliveries, nowMs)) || (waiting ?? 0) > 0
}
