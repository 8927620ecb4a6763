/**
 * submit: get the job's tasks to a provider, one attempt per step.
 *
 * An attempt resolves an unknown task first, because it may have been bought; so may one that a restored database has
 * forgotten. Then it chooses the next task, acquires a slot, hands over the inputs and makes the billable call. Its result decides what follows:
 *
 *   accepted  more to submit → queued, the next task · otherwise generating
 *   unknown   queued; the task is looked for again, and nothing else is bought
 *   refused   queued, the same task after a wait · queued, the next provider · end
 *   replaced  queued, another task in place of the unknown one
 *   closed    end
 *   waiting   queued, until a slot is free or the provider has the inputs
 *   done      end
 *
 * End: nothing more is submitted. The job is generating when a provider has a task of it, and settled otherwise.
 */
import type { Context } from '../../context.ts'
import { type Fault, fault } from '../../core/fault.ts'
import type { Claim, ClaimedJob } from '../../store/jobs/claim.ts'
import { applyChanges, changes, type Step } from '../../store/jobs/step.ts'
import type { OpenTask } from '../../store/jobs/tasks.ts'
import { restorationOf } from '../high-water-mark.ts'
import { acceptTask } from './accept.ts'
import type { Accepted, Attempt, Refused } from './attempt.ts'
import { callProvider, deadlinePassed } from './call.ts'
import { closeTask } from './close-task.ts'
import { finishSubmitting } from './finish.ts'
import { forgottenAttempt } from './forgotten.ts'
import { handOverInputs } from './inputs.ts'
import { nextTask } from './next-task.ts'
import { afterRefusal, deferTask } from './refusal.ts'
import { waitForSlot } from './slot.ts'
import { markUnknown, replaceTask, resolveUnknown, unresolvedTask } from './unknown.ts'

export async function submit(context: Context, claim: Claim): Promise<Step> {
  const attempt = await attemptOnce(context, claim)
  switch (attempt.result) {
    case 'accepted':
      return afterAcceptance(context, claim, attempt)
    case 'unknown': {
      const { waitMs } = attempt
      return { ...markUnknown(context, claim, attempt), status: 'queued', next: { waitMs } }
    }
    case 'refused':
      return retryOrReject(context, claim, attempt)
    case 'replaced':
      return { ...replaceTask(context, attempt), status: 'queued', next: 'now' }
    case 'closed':
      return finishSubmitting(context, claim, closeTask(attempt, context.now()))
    case 'waiting':
      return attempt.step
    case 'done':
      return finishSubmitting(context, claim, changes(), attempt.reason)
  }
}

async function attemptOnce(context: Context, claim: Claim): Promise<Attempt> {
  const { job } = claim
  const provider = context.providers[job.provider]
  const restored = await restorationOf(context, claim)
  const unresolved = unresolvedTask(claim, provider)
  const resolved =
    unresolved && (await resolveUnknown(context, claim, provider, { task: unresolved, restored }))
  if (resolved !== undefined && resolved.result !== 'repeat') return resolved
  if (provider === undefined) return { result: 'done', reason: keyRemoved(job) }
  const task = resolved?.task ?? nextTask(context, claim, provider)
  if (task === null) return { result: 'done' }
  if (resolved === undefined && restored !== null) return forgottenAttempt(context, claim, provider, task)
  if (resolved === undefined && context.now() >= job.deadlineAt) return tooLate(claim, task)
  return (
    (await waitForSlot(context, claim, task)) ??
    (await handOverInputs(context, claim, provider, task)) ??
    callProvider(context, claim, provider, task)
  )
}

function keyRemoved({ provider }: ClaimedJob): Fault {
  return fault('auth', `The API key of ${provider} was removed.`)
}

/** The task was deferred until the deadline, or the job never got as far as a task. */
function tooLate({ job, tasks }: Claim, task: OpenTask): Attempt {
  const isBegun = tasks.some(({ n }) => n === task.n)
  if (isBegun) return { result: 'closed', task, status: 'rejected', fault: task.fault ?? deadlinePassed }
  return { result: 'done', reason: job.waitingSince === null ? deadlinePassed : noFreeSlot }
}

const noFreeSlot: Fault = fault('no_free_slot', 'No slot was free at a provider before the deadline.')

async function afterAcceptance(context: Context, claim: Claim, attempt: Accepted): Promise<Step> {
  const accepted = await acceptTask(context, claim, attempt)
  if (nextTask(context, applyChanges(claim, accepted), attempt.provider) !== null) {
    return { ...accepted, status: 'queued', next: 'now' }
  }
  if (attempt.isRecovered) return { ...accepted, status: 'generating', next: 'now' }
  return finishSubmitting(context, claim, accepted)
}

async function retryOrReject(context: Context, claim: Claim, refused: Refused): Promise<Step> {
  const decision = afterRefusal(claim, refused, context.now())
  const { task, fault: why } = refused
  const submissions = why.isOurs ? [] : [{ provider: task.provider, fault: why.code }]
  if (decision.action === 'retry') {
    const { waitMs } = decision
    return { ...deferTask(context, refused, waitMs), submissions, status: 'queued', next: { waitMs } }
  }
  const rejected = { ...closeTask({ ...refused, status: 'rejected' }, context.now()), submissions }
  switch (decision.action) {
    case 'next_provider':
      return { ...rejected, provider: decision.provider, status: 'queued', next: 'now' }
    case 'end':
      return finishSubmitting(context, claim, rejected)
  }
}
