/** Inserts the events of a commit with their deliveries. */
import type { Database } from '../database.ts'
import { type EventDraft, insertEvent } from '../events.ts'
import { type DeliveryDraft, insertDelivery } from './claim.ts'

/** The body is stored with its event, once for all its deliveries. */
export function insertEventsAndDeliveries(
  db: Database,
  { id: jobId, apiKeyId }: { id: string; apiKeyId: string },
  { events, deliveries }: { events: EventDraft[]; deliveries: DeliveryDraft[] },
  nowMs: number,
) {
  const bodies = new Map(deliveries.map(({ eventId, body }) => [eventId, body]))
  const isWithEvent = new Set(events.map(({ id }) => id))
  return [
    ...events.map((event) => insertEvent(db, jobId, event, bodies.get(event.id))),
    ...deliveries.map((draft) =>
      insertDelivery(
        db,
        jobId,
        { ...draft, apiKeyId, ...(isWithEvent.has(draft.eventId) && { body: null }) },
        nowMs,
      ),
    ),
  ]
}
