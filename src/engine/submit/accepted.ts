/** accepted: a provider has a task of the job, by its answer or because it was found there. */
import type { Context } from '../../context.ts'
import type { Provider, Submitted } from '../../providers/provider.ts'
import type { DeliveryDraft } from '../../store/deliveries/claim.ts'
import { draftEvent, type EventDraft } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { applyChanges, changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { deliveriesFor } from '../settle/notify.ts'
import { finish } from './finish.ts'
import { nextTask } from './next-task.ts'

export async function acceptTask(
  context: Context,
  claim: Claim,
  provider: Provider,
  task: Task,
  { providerTaskId, cost }: Submitted,
): Promise<Step> {
  const nowMs = context.now()
  const submitted = { status: 'submitted' as const, providerTaskId, submittedAt: nowMs }
  const line: Task = { ...task, ...submitted, cost: cost ?? task.cost, fault: null }
  const known = applyChanges(claim, { tasks: [line], outputs: [] })
  const said = { provider: task.provider, provider_task_id: providerTaskId }
  const event = draftEvent('task.submitted', said, nowMs)
  const accepted = changes({
    tasks: [line],
    events: [event],
    deliveries: await tellFirst(context, claim, known, event),
  })
  if (nextTask(context, known, provider) !== null) return { ...accepted, status: 'queued', next: 'now' }
  return finish(context, claim, accepted)
}

/** With the first task that is accepted the job is being made, though others may be yet to be submitted. */
async function tellFirst(
  context: Context,
  { tasks }: Claim,
  known: Claim,
  event: EventDraft,
): Promise<DeliveryDraft[]> {
  if (tasks.some(({ submittedAt }) => submittedAt !== null)) return []
  const job = { ...known.job, status: 'generating' as const }
  return deliveriesFor(context, { ...known, job }, { ...event, type: 'job.generating' })
}
