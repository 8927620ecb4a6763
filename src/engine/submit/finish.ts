/** finish: nothing more is submitted. The job waits for what was, or settles when nothing was. */
import type { Context } from '../../context.ts'
import { type Fault, fault } from '../../core/fault.ts'
import { pollWaitMs } from '../../core/schedule-waits.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { applyChanges, type Changes, changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { settle } from '../settle/settle.ts'

/** `reason` is why nothing was submitted, where no task says so. */
export async function finish(context: Context, claim: Claim, before: Changes, reason?: Fault): Promise<Step> {
  const { job, tasks, outputs } = applyChanges(claim, before)
  if (!tasks.some(({ status }) => status === 'submitted')) {
    // What ended while the rest waited for a slot is still to be stored.
    if (outputs.length > 0) return { ...before, status: 'generating', next: 'now' }
    return settle(context, claim, before, reason)
  }
  const pace = context.providers[job.provider]?.capabilities.pace
  const firstAskMs = pace === undefined ? 0 : pollWaitMs(pace, 0)
  const untilDeadlineMs = Math.max(0, job.deadlineAt - context.now())
  return { ...before, status: 'generating', next: { waitMs: Math.min(firstAskMs, untilDeadlineMs) } }
}

/** The end of one ledger line, and with it of all submitting. */
export async function endSubmitting(
  context: Context,
  claim: Claim,
  task: Task,
  status: 'rejected' | 'failed',
  why: Fault,
): Promise<Step> {
  const line = closeTask(task, status, why, context.now())
  return finish(context, claim, changes({ tasks: [line.task], events: [line.event] }))
}

/**
 * The line as it is closed, and what the timeline says of it. One that was ever unknown may have been bought, so it is
 * never closed as rejected, whatever its last call was answered.
 */
export function closeTask(task: Task, asked: 'rejected' | 'failed', cause: Fault, nowMs: number) {
  const isUnknown = asked === 'rejected' && task.unknownAt !== null
  const status = isUnknown ? 'failed' : asked
  const why = isUnknown ? neverResolved(task) : cause
  const said = { provider: task.provider, fault: why.code, message: why.message }
  const line: Task = { ...task, status, fault: why, endedAt: nowMs }
  return { task: line, event: draftEvent(`task.${status}`, said, nowMs) }
}

/** The last refusal of a repeat, where there was one, is told: it is what the caller can look into. */
export function neverResolved({ provider, fault: last }: Task): Fault {
  const refusal =
    last === null || ['answer_lost', 'submit_unknown'].includes(last.code)
      ? ''
      : ` The last answer: ${last.message}`
  return fault('submit_unknown', `${provider} never said whether it accepted the task.${refusal}`)
}
