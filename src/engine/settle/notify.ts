/** The deliveries of an event. They are committed in the same batch as the event. */
import type { Context } from '../../context.ts'
import { destinationsOf, type JobEventType } from '../../core/event.ts'
import { eventBody } from '../../core/event-body.ts'
import { type JobRows, viewJob } from '../../core/job/view.ts'
import { linksTo } from '../../media/signed-links.ts'
import { type DeliveryDraft, draftDelivery } from '../../store/deliveries/claim.ts'

/**
 * `rows`: after the event. One delivery per destination, all under the event's id. The body is made once, so every attempt sends the same bytes.
 * `output`: the number of the output that the event is about.
 */
export async function deliveriesFor(
  { config, owners }: Context,
  rows: JobRows,
  event: { id: string; type: JobEventType; createdAt: number },
  output?: number,
): Promise<DeliveryDraft[]> {
  const { job, outputs } = rows
  const destinations = destinationsOf(event.type, job.request, await owners.subscriptions())
  if (destinations.length === 0) return []
  const stored = outputs.filter(({ status }) => status === 'stored').map(({ n }) => n)
  const links = await linksTo(config, job.id, stored, event.createdAt)
  const body = eventBody(event.type, event.createdAt, viewJob(rows, links), output)
  return destinations.map((destination) =>
    draftDelivery(job.id, { ...destination, eventId: event.id, eventType: event.type, body }),
  )
}
