/** The last event of a job, for every kind of end, and its deliveries. */
import type { Context } from '../../context.ts'
import type { SettledStatus } from '../../core/job/job.ts'
import type { DeliveryDraft } from '../../store/deliveries/claim.ts'
import { draftEvent, type EventDraft } from '../../store/events.ts'
import { deliveriesFor, type NotifyingRows } from './notify.ts'

/** `settled`: the rows after the end. `data`: what the timeline shows. */
export async function finalEvent(
  context: Context,
  status: SettledStatus,
  settled: NotifyingRows,
  data: Record<string, unknown>,
): Promise<{ events: EventDraft[]; deliveries: DeliveryDraft[] }> {
  const type = `job.${status}` as const
  const event = draftEvent(type, data, context.now())
  return { events: [event], deliveries: await deliveriesFor(context, settled, { ...event, type }) }
}
