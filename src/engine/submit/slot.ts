/**
 * Holds a job back while its provider has no free slot. That is no refusal: the job goes to another allowed provider
 * with a free slot, or waits at all of them at once. A slot that becomes free wakes the job, so it does not poll for
 * one. Meanwhile it polls the tasks that it already has at a provider, because their end may free the slot.
 */
import type { Context } from '../../context.ts'
import { isReplaced } from '../../core/job/task.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { draftEvent, type EventDraft } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { changes, type Step, thenStep } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { pollTasks } from '../poll/poll.ts'
import { acquire } from '../slots.ts'
import type { Attempt } from './attempt.ts'
import { otherProviders } from './other-providers.ts'

/** Null: the task has its slot, or its provider has no limit. */
export async function waitForSlot(context: Context, claim: Claim, task: Task): Promise<Attempt | null> {
  if (await hasSlot(context, claim, task.provider, task.n)) return null
  const alternatives = alternativesTo(context, claim, task)
  for (const provider of alternatives) {
    if (!(await hasSlot(context, claim, provider, task.n))) continue
    const events = [providerChanged(task.provider, provider, context.now())]
    return { result: 'waiting', step: { ...changes({ provider, events }), status: 'queued', next: 'now' } }
  }
  return { result: 'waiting', step: await joinWaitLists(context, claim, [task.provider, ...alternatives]) }
}

function providerChanged(provider: ProviderName, next: ProviderName, nowMs: number): EventDraft {
  const message = `All slots of ${provider} are taken.`
  return draftEvent(
    'job.provider_changed',
    { provider, next_provider: next, fault: 'no_free_slot', message },
    nowMs,
  )
}

async function hasSlot(
  context: Context,
  { job }: Claim,
  provider: ProviderName,
  n: number,
): Promise<boolean> {
  const { isHeld, woken } = await acquire(context, job, { provider, n })
  await context.queues.jobs(woken)
  return isHeld
}

/** None once a task is begun. A job for the cheapest provider waits for that provider. */
function alternativesTo({ providers }: Context, claim: Claim, task: Task): ProviderName[] {
  const { job, tasks } = claim
  const isBegun = tasks.some((other) => other.status !== 'rejected' && !isReplaced(other))
  if (isBegun || job.request.provider === 'cheapest') return []
  return otherProviders(claim, task).filter((name) => providers[name] !== undefined)
}

async function joinWaitLists(context: Context, claim: Claim, providers: ProviderName[]): Promise<Step> {
  const { job, tasks } = claim
  const { polled, waits } = await pollTasks(context, claim)
  context.log('slot.waiting', { job_id: job.id, provider: job.provider, task_n: tasks.length })
  // The timeline shows once that the job waits.
  const isNew = job.waitingSince === null
  const events = isNew ? [draftEvent('job.waiting', { for: 'slot', providers }, context.now())] : []
  return thenStep(polled, {
    // A queued job shows no progress.
    ...changes({ progress: job.progress, events, waitsFor: providers }),
    status: 'queued',
    next: { waitMs: Math.min(...waits, Math.max(0, job.deadlineAt - context.now())) },
  })
}
