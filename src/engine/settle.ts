/** settle: the job's end. Its last event, the deliveries it causes and the final status go into one batch. */
import type { Context } from '../context.ts'
import { type Fault, fault } from '../core/fault.ts'
import type { Claim } from '../store/claim.ts'
import type { Step } from '../store/commit.ts'
import { draftEvent } from '../store/events.ts'
import { tell } from './tell.ts'

/** `reason` is why, where neither a task nor an output says so. */
export async function settle(context: Context, claim: Claim, reason?: Fault): Promise<Step> {
  const { job } = claim
  const nowMs = context.now()
  const verdict = verdictOn(claim, reason)
  const type = `job.${verdict.status}` as const
  const event = draftEvent(
    type,
    { fault: verdict.fault?.code ?? null, message: verdict.fault?.message ?? null },
    nowMs,
  )
  const settled = { ...job, status: verdict.status, fault: verdict.fault ?? null, settledAt: nowMs }
  return {
    ...verdict,
    progress: verdict.status === 'succeeded' ? 100 : job.progress,
    events: [event],
    deliveries: await tell(context, { ...claim, job: settled }, { ...event, type }),
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
    return { status: 'failed', fault: fault('partial_failure', message).fault }
  }
  const outputFaults = outputs.flatMap((output) => (output.status === 'failed' ? [output.fault] : []))
  const taskFaults = tasks.flatMap((task) => task.fault ?? [])
  // The last is the one that ended it: earlier ones were other providers' refusals.
  const last = outputFaults.at(-1) ?? reason ?? taskFaults.at(-1)
  if (last === undefined) throw new Error('a job fails only for a reason')
  return { status: 'failed', fault: last }
}
