/**
 * wait: hold a job back while its provider has no free slot. A full provider is not a refusal: the job goes to another
 * that it allows and that has one, or waits at all of them at once. Whoever gives a slot back wakes it, so it does not
 * ask again; meanwhile it looks after the tasks that it has at a provider already, for theirs may be the slot.
 */
import type { Context } from '../../context.ts'
import type { ProviderName } from '../../core/request/request.ts'
import { isReplaced } from '../../core/task.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { acquireSlot } from '../../store/jobs/slots.ts'
import { changes, type Step, thenStep } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { pollTasks } from '../poll/poll.ts'
import { otherProviders } from './refusal.ts'

/** Null: the task has its slot, or its provider has no limit. */
export async function waitForSlot(context: Context, claim: Claim, task: Task): Promise<Step | null> {
  if (await hasSlot(context, claim, task.provider, task.n)) return null
  const others = placesBeside(context, claim, task)
  for (const provider of others) {
    if (await hasSlot(context, claim, provider, task.n))
      return { ...changes({ provider }), status: 'queued', next: 'now' }
  }
  return stand(context, claim, [task.provider, ...others])
}

async function hasSlot(
  { db, config, queues: nudges, now }: Context,
  { job }: Claim,
  provider: ProviderName,
  n: number,
): Promise<boolean> {
  const { isHeld, woken } = await acquireSlot(db, job, { provider, n }, config.limits, now())
  await nudges.jobs(woken)
  return isHeld
}

/** Where else it may be made: only while nothing is begun. Who asked for the cheapest waits for the cheapest. */
function placesBeside({ providers }: Context, claim: Claim, task: Task): ProviderName[] {
  const { job, tasks } = claim
  const isBegun = tasks.some((line) => line.status !== 'rejected' && !isReplaced(line))
  if (isBegun || job.request.provider === 'cheapest') return []
  return otherProviders(claim, task).filter((name) => providers[name] !== undefined)
}

async function stand(context: Context, claim: Claim, providers: ProviderName[]): Promise<Step> {
  const { job } = claim
  const { polled, waits } = await pollTasks(context, claim)
  context.log('slot.waiting', { job_id: job.id, provider: job.provider, task_n: claim.tasks.length })
  // That it waits is said once.
  const said =
    job.waitingSince === null ? [draftEvent('job.waiting', { for: 'slot', providers }, context.now())] : []
  return thenStep(polled, {
    // A queued job shows no progress.
    ...changes({ progress: job.progress, events: said, waitsFor: providers }),
    status: 'queued',
    next: { waitMs: Math.min(...waits, Math.max(0, job.deadlineAt - context.now())) },
  })
}
