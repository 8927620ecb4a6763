/** Concurrency limits: which tasks count against a provider's limit. No I/O. No clock. */
import { allowsFailover, type Fault } from '../fault.ts'
import type { ProviderName } from '../request/choices.ts'
import type { TaskStatus } from './task.ts'

/** How many tasks may be at each provider at once. One that is missing has no limit. */
export type Limits = Readonly<Partial<Record<ProviderName, number | undefined>>>

interface CountedTask {
  status: TaskStatus
  endedAt: number | null
  fault: Fault | null
}

/** A task counts from before the billable call until its end is known. */
export function countsAgainstLimit({ status, endedAt, fault }: CountedTask): boolean {
  if (endedAt !== null) return false
  switch (status) {
    case 'preparing':
    case 'intended':
    case 'unknown':
    case 'submitted':
      return true
    case 'deferred':
      // A provider that is too busy for this task is too busy for the next one: if the slot were released, every
      // waiting job would be refused in turn. A fault of this job alone does not hold up the others.
      return fault !== null && allowsFailover(fault.code)
    case 'rejected':
    case 'succeeded':
    case 'failed':
      return false
  }
}
