/** Slots: how many tasks may be at a provider at once, and which of them count. No I/O. No clock. */
import { allowsFailover, type Fault } from './fault.ts'
import type { ProviderName } from './request/request.ts'
import type { TaskStatus } from './task.ts'

/** Undefined: as many as come. */
export type Limits = Readonly<Record<ProviderName, number | undefined>>

interface Line {
  status: TaskStatus
  endedAt: number | null
  fault: Fault | null
}

/** From before the call that costs money until the end is known. */
export function countsAgainstLimit({ status, endedAt, fault }: Line): boolean {
  if (endedAt !== null) return false
  switch (status) {
    case 'preparing':
    case 'intended':
    case 'unknown':
    case 'submitted':
      return true
    case 'deferred':
      // A provider that is too busy for this task is so for the next one: were the slot given on, every job that
      // waits would be burnt on the same refusal. What is wrong with this job alone holds up nobody else.
      return fault !== null && allowsFailover(fault.code)
    case 'rejected':
    case 'succeeded':
    case 'failed':
      return false
  }
}
