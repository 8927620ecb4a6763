/** settle: the job's end. Its last event, the deliveries it causes and the final status go into one batch. */
import type { Context } from '../../context.ts'
import { type Fault, fault } from '../../core/fault.ts'
import { isReplaced, mayBeBought } from '../../core/task.ts'
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
  const fault = ending.status === 'failed' ? ending.fault : null
  const data = { fault: fault?.code ?? null, message: fault?.message ?? null }
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
  // The last is the one that ended it: earlier ones were other providers' refusals.
  const last = outputFaults.at(-1) ?? reason ?? taskFaults.at(-1)
  if (last === undefined) throw new Error('a job fails only for a reason')
  return { status: 'failed', fault: replacedIn(tasks, last) ?? last }
}

/**
 * Another was submitted in place of a task whose answer was lost, and was not bought: its refusal says what to do about
 * the second, and would have the first bought again.
 */
function replacedIn(tasks: Task[], { message }: Fault): Fault | null {
  const [replaced, ...others] = tasks.filter(mayBeBought)
  if (replaced?.fault == null || !isReplaced(replaced) || others.length > 0) return null
  return {
    ...replaced.fault,
    message: `${replaced.fault.message} What was submitted in its place: ${message}`,
  }
}
