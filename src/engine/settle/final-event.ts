/** The last event of a job, whatever its end, and the deliveries that it causes. */
import type { Context } from '../../context.ts'
import type { SettledStatus } from '../../core/job.ts'
import type { DeliveryDraft } from '../../store/deliveries/claim.ts'
import { draftEvent, type EventDraft } from '../../store/events.ts'
import { deliveriesFor, type EventContext } from './notify.ts'

/** `told` is as the end leaves it; `said` is what the timeline says of it. */
export async function finalEvent(
  context: Context,
  status: SettledStatus,
  told: EventContext,
  said: Record<string, unknown>,
): Promise<{ events: [EventDraft]; deliveries: DeliveryDraft[] }> {
  const type = `job.${status}` as const
  const event = draftEvent(type, said, context.now())
  return { events: [event], deliveries: await deliveriesFor(context, told, { ...event, type }) }
}
