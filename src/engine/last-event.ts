/** The last event of a job, whatever its end, and the delivery that it causes. */
import type { Context } from '../context.ts'
import type { SettledStatus } from '../core/job.ts'
import { type JobRows, viewJob } from '../core/view.ts'
import { linksTo } from '../media/links.ts'
import { type DeliveryDraft, draftDelivery } from '../store/deliveries.ts'
import { draftEvent, type EventDraft } from '../store/events.ts'

/** `rows` are as the end leaves them; `said` is what the timeline says of it. */
export async function lastEvent(
  context: Context,
  status: SettledStatus,
  rows: JobRows,
  said: Record<string, unknown>,
): Promise<{ events: [EventDraft]; deliveries: DeliveryDraft[] }> {
  const type = `job.${status}` as const
  const event = draftEvent(type, said, context.now())
  const { callback_url: url, callback_events } = rows.job.request
  if (url === undefined || !callback_events.includes(type)) return { events: [event], deliveries: [] }
  const body = await bodyOf(context, type, rows)
  return { events: [event], deliveries: [draftDelivery({ eventId: event.id, eventType: type, url, body })] }
}

/** The event's body: made once, the same bytes on every attempt. */
async function bodyOf({ config, now }: Context, type: string, rows: JobRows): Promise<string> {
  const stored = rows.outputs.filter(({ status }) => status === 'stored').map(({ n }) => n)
  const links = await linksTo(config, rows.job.id, stored, now())
  const data = viewJob(rows, links)
  return JSON.stringify({ type, timestamp: new Date(now()).toISOString(), data })
}
