/** Nothing more is submitted: the job waits for its tasks at the provider, or settles when there are none. */
import type { Context } from '../../context.ts'
import type { Fault } from '../../core/fault.ts'
import { pollWaitMs } from '../../core/schedule/waits.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { applyChanges, type Changes, type Step } from '../../store/jobs/step.ts'
import { settle } from '../settle/settle.ts'

/** `reason`: why nothing was submitted, where no task has a fault. */
export async function finishSubmitting(
  context: Context,
  claim: Claim,
  before: Changes,
  reason?: Fault,
): Promise<Step> {
  const { job, tasks, outputs } = applyChanges(claim, before)
  if (tasks.some(({ status }) => status === 'submitted')) {
    return { ...before, status: 'generating', next: { waitMs: firstPollMs(context, job) } }
  }
  // Tasks that ended while the others waited for a slot have outputs to store.
  if (outputs.length > 0) return { ...before, status: 'generating', next: 'now' }
  return settle(context, claim, before, reason)
}

function firstPollMs({ providers, now }: Context, job: Claim['job']): number {
  const pace = providers[job.provider]?.capabilities.pace
  const waitMs = pace === undefined ? 0 : pollWaitMs(pace, 0)
  return Math.min(waitMs, Math.max(0, job.deadlineAt - now()))
}
