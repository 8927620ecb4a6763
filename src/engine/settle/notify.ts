/** The deliveries of an event. They are committed in the same batch as the event. */
import type { Context } from '../../context.ts'
import { destinationsOf, type JobEventType, type NotifyingJob, type Subscription } from '../../core/event.ts'
import { bodyIn } from '../../core/event-formats/body.ts'
import { type JobRows, viewJob } from '../../core/job/view.ts'
import { linksTo } from '../../media/signed-links.ts'
import { type DeliveryDraft, draftDelivery } from '../../store/deliveries/claim.ts'

/** The rows of a job that its event shows, and that decide where it goes. */
export type NotifyingRows = JobRows & { job: NotifyingJob }

interface Given {
  /** The number of the output that the event is about. */
  output?: number
  /** The enabled endpoints, where no read may come between the event and its commit. */
  subscriptions?: readonly Subscription[] | undefined
}

/**
 * One delivery per destination, all under the event's id. The body is made once for each format, so every attempt sends the
 * same bytes.
 * `rows`: after the event.
 */
export async function deliveriesFor(
  { config, owners }: Context,
  rows: NotifyingRows,
  event: { id: string; type: JobEventType; createdAt: number },
  { output, subscriptions }: Given = {},
): Promise<DeliveryDraft[]> {
  const { job, outputs } = rows
  const destinations = destinationsOf(event.type, job, subscriptions ?? (await owners.subscriptions()))
  if (destinations.length === 0) return []
  const links = await linksTo(config, job.id, outputs, event.createdAt)
  const shown = viewJob(rows, links)
  const about = { eventId: event.id, eventType: event.type }
  return [...Map.groupBy(destinations, ({ format }) => format)].flatMap(([format, ofFormat]) => {
    const body = bodyIn(format, { ...event, output }, shown)
    return ofFormat.map((destination) => draftDelivery(job.id, { ...destination, ...about, body }))
  })
}
