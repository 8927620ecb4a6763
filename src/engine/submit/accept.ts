/** A provider has the task: by its response, or because the task was found there. */
import type { Context } from '../../context.ts'
import type { DeliveryDraft } from '../../store/deliveries/claim.ts'
import { draftEvent, type EventDraft } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { applyChanges, type Changes, changes } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { deliveriesFor } from '../settle/notify.ts'
import type { Accepted } from './attempt.ts'

export async function acceptTask(context: Context, claim: Claim, accepted: Accepted): Promise<Changes> {
  const { providerTaskId, cost } = accepted.submitted
  const nowMs = context.now()
  const task: Task = {
    ...accepted.task,
    status: 'submitted',
    providerTaskId,
    submittedAt: nowMs,
    cost: cost ?? accepted.task.cost,
    fault: null,
  }
  const data = { provider: task.provider, provider_task_id: providerTaskId }
  const event = draftEvent('task.submitted', data, nowMs)
  const deliveries = await deliveriesForFirst(context, claim, { ...accepted, task }, event)
  const submissions = [{ provider: task.provider, fault: null }]
  return changes({ tasks: [task], events: [event], deliveries, submissions })
}

/** The job is generating from its first accepted task on, though others may still have to be submitted. */
async function deliveriesForFirst(
  context: Context,
  claim: Claim,
  { task, subscriptions }: { task: Task } & Pick<Accepted, 'subscriptions'>,
  event: EventDraft,
): Promise<DeliveryDraft[]> {
  if (claim.tasks.some(({ submittedAt }) => submittedAt !== null)) return []
  const after = applyChanges(claim, changes({ tasks: [task] }))
  const job = { ...claim.job, status: 'generating' as const }
  return deliveriesFor(context, { ...after, job }, { ...event, type: 'job.generating' }, { subscriptions })
}
