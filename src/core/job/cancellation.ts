/**
 * The possible cost of a canceled job. A submitted task may be made and billed after the job has ended, until its provider
 * confirms that it canceled the task. No I/O. No clock.
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

/** As in the rows, or as the API shows it. */
interface CancelableTask {
  status: TaskStatus
  fault: { code: FaultCode } | null
}

interface BillableTask {
  provider: ProviderName
  status: TaskStatus
  unknownAt: number | null
  fault: Fault | null
}

export function cancellationOf(tasks: readonly BillableTask[]): Cancellation {
  const bills = new Set(tasks.flatMap((task) => billOf(task) ?? []))
  const confirmed = new Set(tasks.filter(isCanceled).map(({ provider }) => confirmedBy(provider)))
  if (bills.size > 0) return { may_still_be_billed: true, message: [...bills, ...confirmed].join(' ') }
  const message = confirmed.size === 0 ? 'Nothing was bought.' : [...confirmed].join(' ')
  return { may_still_be_billed: false, message }
}

/** Whether its provider has confirmed that it canceled the task for us. */
export function isCanceled({ status, fault }: CancelableTask): boolean {
  return status === 'failed' && fault?.code === canceled.code
}

function confirmedBy(provider: ProviderName): string {
  return `${provider} canceled the task and does not bill it.`
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
      return `${provider} has the task: it may be made and billed.`
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

/** The task after its provider confirmed the cancellation: it makes no video, and costs nothing. */
export function confirmedCanceled<T extends BillableTask>(task: T, nowMs: number) {
  return {
    ...task,
    status: 'failed' as const,
    fault: fault(canceled.code, confirmedBy(task.provider)),
    cost: { amount_usd: 0, source: 'provider' as const },
    endedAt: nowMs,
  }
}

export const canceled: Fault = fault('canceled', 'The job was canceled.')
