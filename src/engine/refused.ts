/** What a provider's refusal does to a submission: put off and tried again, taken elsewhere, or the end of it. */
import type { Context } from '../context.ts'
import { type Fault, mayTryElsewhere } from '../core/fault.ts'
import type { ProviderName } from '../core/request.ts'
import { submitWaitMs } from '../core/schedule.ts'
import type { Claim, ClaimedJob } from '../store/claim.ts'
import type { Step } from '../store/commit.ts'
import { draftEvent } from '../store/events.ts'
import type { Task } from '../store/tasks.ts'
import { closed, closeLine } from './finish.ts'

// With another provider to turn to, so many refusals in a row are enough.
const patientAttempts = 3

/** Refused for now: the same line is tried again, while patience lasts and the deadline allows. */
export async function putOff(context: Context, claim: Claim, task: Task, refusal: Fault): Promise<Step> {
  const { job } = claim
  const waitMs = Math.max(submitWaitMs(task.attempts), refusal.retryAfterMs ?? 0)
  const isPatienceOver = task.attempts >= patientAttempts && nextProvider(job, task) !== undefined
  if (isPatienceOver || context.now() + waitMs >= job.deadlineAt) {
    return reject(context, claim, task, refusal)
  }
  const said = { provider: task.provider, fault: refusal.code, message: refusal.message, wait_ms: waitMs }
  return {
    status: 'queued',
    tasks: [{ ...task, status: 'deferred', fault: refusal }],
    // The first refusal is news; that it lasts is in the attempts of the ledger line.
    events: task.attempts === 1 ? [draftEvent('task.deferred', said, context.now())] : [],
    next: { waitMs },
  }
}

/** Refused for good. Another provider may be asked while nothing was bought and the fault allows it. */
export async function reject(context: Context, claim: Claim, task: Task, refusal: Fault): Promise<Step> {
  const { job, tasks } = claim
  const next = nextProvider(job, task)
  const isUntouched = tasks.every(({ n, status }) => n === task.n || status === 'rejected')
  if (!isUntouched || next === undefined || !mayTryElsewhere(refusal.code)) {
    return closeLine(context, claim, task, 'rejected', refusal)
  }
  const line = closed(task, 'rejected', refusal, context.now())
  return { status: 'queued', provider: next, tasks: [line.task], events: [line.event], next: 'now' }
}

function nextProvider(job: ClaimedJob, task: Task): ProviderName | undefined {
  return job.providers[job.providers.indexOf(task.provider) + 1]
}
