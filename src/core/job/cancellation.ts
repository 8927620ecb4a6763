/**
 * The possible cost of a canceled job. No provider cancels a task, so a submitted one may be made and billed after the job
 * has ended. No I/O. No clock.
 */
import { z } from 'zod'
import { type Fault, type FaultCode, fault } from '../fault.ts'
import type { ProviderName } from '../request/choices.ts'
import { mayBeBought, type TaskStatus } from './task.ts'

export const cancellationSchema = z.object({
  may_still_be_billed: z.boolean(),
  message: z.string().meta({ description: 'Says for each provider what it may still bill.' }),
})

type Cancellation = z.infer<typeof cancellationSchema>

interface BillableTask {
  provider: ProviderName
  status: TaskStatus
  unknownAt: number | null
  fault: Fault | null
}

export function cancellationOf(tasks: readonly BillableTask[]): Cancellation {
  const bills = new Set(tasks.flatMap((task) => billOf(task) ?? []))
  if (bills.size === 0) return { may_still_be_billed: false, message: 'Nothing was bought.' }
  return { may_still_be_billed: true, message: [...bills].join(' ') }
}

/** The reason why one task may be billed. Null: it is not billed. */
function billOf({ provider, status, fault }: BillableTask): string | null {
  switch (status) {
    case 'preparing':
    case 'deferred':
    case 'rejected':
      return null
    case 'intended':
    case 'unknown':
      return `It is not known whether ${provider} took the task: it may be made and billed.`
    case 'submitted':
      return `${provider} has the task and cannot be stopped: it may be made and billed.`
    case 'succeeded':
      return `${provider} has made it and bills it.`
    case 'failed':
      return fault !== null && openEnds.includes(fault.code)
        ? `It is not known what became of a task at ${provider}: it may be billed.`
        : null
  }
}

/** The faults that end a task although its provider has not said that it ended. */
export const openEnds: readonly FaultCode[] = [
  'submit_unknown',
  'task_lost',
  'deadline_exceeded',
  'internal_error',
]

/** The task after a cancellation: its status stays if it may have been bought, and it is not polled any more. */
export function abandoned<T extends BillableTask & { endedAt: number | null }>(task: T, nowMs: number): T {
  if (task.endedAt !== null) return task
  return { ...task, status: mayBeBought(task) ? task.status : 'rejected', fault: canceled, endedAt: nowMs }
}

export const canceled: Fault = fault('canceled', 'The job was canceled.')
