/** settle: the job's end. The last event, its deliveries and the final status are committed in one batch. */
import type { Context } from '../../context.ts'
import { type Fault, fault } from '../../core/fault.ts'
import { isReplaced, mayBeBought } from '../../core/job/task.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import {
  applyChanges,
  type Changes,
  changes,
  type Ending,
  jobAfter,
  type Step,
  thenStep,
} from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { finalEvent } from './final-event.ts'

/**
 * The last step, with the changes that come before it in the same commit. `reason` is why the job failed, where neither
 * a task nor an output has a fault.
 */
export async function settle(context: Context, claim: Claim, before: Changes, reason?: Fault): Promise<Step> {
  const rows = applyChanges(claim, before)
  const ending = endingOf(rows, reason)
  // A failed job keeps the progress that its last unsettled step committed.
  const progress = ending.status === 'succeeded' ? 100 : claim.job.progress
  const last: Step = { ...changes({ progress }), ...ending, next: 'settled', settledAt: context.now() }
  // The event shows the job as the commit writes it: both are made from the same step.
  const settled = { ...rows, job: jobAfter(claim.job, thenStep(before, last)) }
  const cause = ending.status === 'failed' ? ending.fault : null
  const data = { fault: cause?.code ?? null, message: cause?.message ?? null }
  const { events, deliveries } = await finalEvent(context, ending.status, settled, data)
  return thenStep(before, { ...last, events, deliveries })
}

function endingOf({ job, tasks, outputs }: Claim, reason?: Fault): Ending {
  const stored = outputs.filter(({ status }) => status === 'stored').length
  const { count } = job.request
  if (stored === count) return { status: 'succeeded' }
  if (stored > 0) {
    const message = `${stored} of ${count} outputs were made and stored.`
    return { status: 'failed', fault: fault('partial_failure', message) }
  }
  const outputFaults = outputs.flatMap((output) => (output.status === 'failed' ? [output.fault] : []))
  const taskFaults = tasks.flatMap((task) => task.fault ?? [])
  // The last fault ended the job: earlier ones are refusals of other providers.
  const last = outputFaults.at(-1) ?? reason ?? taskFaults.at(-1)
  if (last === undefined) throw new Error('a failed job needs a fault')
  return { status: 'failed', fault: replacedFault(tasks, last) ?? last }
}

/**
 * When a task replaced an unknown one and was not bought, the job fails with the fault of the unknown one. The refusal of
 * the second task would suggest to post again, which may buy the first one twice.
 */
function replacedFault(tasks: Task[], { message }: Fault): Fault | null {
  const [replaced, ...others] = tasks.filter(mayBeBought)
  if (replaced?.fault == null || !isReplaced(replaced) || others.length > 0) return null
  return {
    ...replaced.fault,
    message: `${replaced.fault.message} The submission in its place: ${message}`,
  }
}
