/** settle: the job's end. Its last event, the deliveries it causes and the final status go into one batch. */
import type { Context } from '../../context.ts'
import { type Fault, fault } from '../../core/fault.ts'
import { eraseAtOf } from '../../core/retention.ts'
import { isReplaced, mayBeBought } from '../../core/task.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { Step } from '../../store/jobs/commit.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { finalEvent } from './final-event.ts'

/** `reason` is why, where neither a task nor an output says so. */
export async function settle(context: Context, claim: Claim, reason?: Fault): Promise<Step> {
  const verdict = verdictOn(claim, reason)
  const { status, fault: why = null } = verdict
  const progress = status === 'succeeded' ? 100 : claim.job.progress
  const settledAt = context.now()
  const eraseAt = eraseAtOf(claim.job.request, settledAt)
  const job = { ...claim.job, status, fault: why, progress, settledAt, eraseAt }
  const said = { fault: why?.code ?? null, message: why?.message ?? null }
  return {
    ...verdict,
    ...(await finalEvent(context, status, { ...claim, job }, said)),
    progress,
    next: 'settled',
  }
}

type Verdict = { status: 'succeeded'; fault?: never } | { status: 'failed'; fault: Fault }

function verdictOn({ job, tasks, outputs }: Claim, reason?: Fault): Verdict {
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
