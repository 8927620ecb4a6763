/** What a provider's refusal does to a submission: put off and tried again, taken elsewhere, or the end of it. */
import type { Context } from '../../context.ts'
import { allowsFailover, type Fault } from '../../core/fault.ts'
import type { ProviderName } from '../../core/request/request.ts'
import { submitWaitMs } from '../../core/schedule-waits.ts'
import { isReplaced } from '../../core/task.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { closeTask, endSubmitting } from './finish.ts'

// With another provider to turn to, so many refusals in a row are enough.
const patientAttempts = 3

/** Refused for now: the same line is tried again, while patience lasts and the deadline allows. */
export async function deferTask(context: Context, claim: Claim, task: Task, refusal: Fault): Promise<Step> {
  const { job } = claim
  const waitMs = Math.max(submitWaitMs(task.attempts), refusal.retryAfterMs ?? 0)
  const disablesReceiver = task.attempts >= patientAttempts && otherProviders(claim, task).length > 0
  if (disablesReceiver || context.now() + waitMs >= job.deadlineAt) {
    return rejectTask(context, claim, task, refusal)
  }
  const said = { provider: task.provider, fault: refusal.code, message: refusal.message, wait_ms: waitMs }
  return {
    ...changes({
      tasks: [{ ...task, status: 'deferred', fault: refusal }],
      // The first refusal is news; that it lasts is in the attempts of the ledger line.
      events: task.attempts === 1 ? [draftEvent('task.deferred', said, context.now())] : [],
    }),
    status: 'queued',
    next: { waitMs },
  }
}

/** Refused for good. Another provider may be asked while nothing was bought and the fault allows it. */
export async function rejectTask(context: Context, claim: Claim, task: Task, refusal: Fault): Promise<Step> {
  const { tasks } = claim
  const [next] = otherProviders(claim, task)
  const isUntouched = tasks.every(
    (line) => line.n === task.n || line.status === 'rejected' || isReplaced(line),
  )
  if (!isUntouched || next === undefined || !allowsFailover(refusal.code)) {
    return endSubmitting(context, claim, task, 'rejected', refusal)
  }
  const line = closeTask(task, 'rejected', refusal, context.now())
  return {
    ...changes({ provider: next, tasks: [line.task], events: [line.event] }),
    status: 'queued',
    next: 'now',
  }
}

/** Those who may make it and have not refused it, in order. One may come before: it was passed over for want of a slot. */
export function otherProviders({ job, tasks }: Claim, { provider }: Task): ProviderName[] {
  const refused = tasks.filter(({ status }) => status === 'rejected').map((line) => line.provider)
  return job.providers.filter((name) => name !== provider && !refused.includes(name))
}
