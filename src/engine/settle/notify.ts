/** tell: the deliveries that an event causes. They go into the batch of the event, or there is neither. */
import type { Context } from '../../context.ts'
import { destinationsOf, type JobEventType, type Subscription } from '../../core/event.ts'
import { eventBody } from '../../core/event-body.ts'
import { type JobRows, viewJob } from '../../core/job-view.ts'
import { linksTo } from '../../media/signed-links.ts'
import { type DeliveryDraft, draftDelivery } from '../../store/deliveries/claim.ts'

/** The job as the event leaves it, and who has subscribed. A claim fits. */
export interface EventContext extends JobRows {
  subscriptions: readonly Subscription[]
}

/**
 * One for each target, all under the event's id. The body is made once: the same bytes everywhere and on every
 * attempt. `output`: the number of the output that the event is about.
 */
export async function deliveriesFor(
  { config }: Context,
  told: EventContext,
  event: { id: string; type: JobEventType; createdAt: number },
  output?: number,
): Promise<DeliveryDraft[]> {
  const { job, outputs, subscriptions } = told
  const targets = destinationsOf(event.type, job.request, subscriptions)
  if (targets.length === 0) return []
  const stored = outputs.filter(({ status }) => status === 'stored').map(({ n }) => n)
  const links = await linksTo(config, job.id, stored, event.createdAt)
  const body = eventBody(event.type, event.createdAt, viewJob(told, links), output)
  return targets.map((target) => draftDelivery({ ...target, eventId: event.id, eventType: event.type, body }))
}
