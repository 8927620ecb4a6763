/** Inserts the events of a commit with their deliveries. */
import { isMadeFromRows } from '../../core/job/timeline.ts'
import type { Database } from '../database.ts'
import { type EventDraft, insertEvent } from '../events.ts'
import { type DeliveryDraft, insertDelivery } from './claim.ts'

/**
 * An event that the timeline makes from other rows is not inserted. A body is stored with its delivery, or once with the
 * event if several deliveries send it.
 */
export function insertEventsAndDeliveries(
  db: Database,
  { id: jobId, apiKeyId }: { id: string; apiKeyId: string },
  { events, deliveries }: { events: EventDraft[]; deliveries: DeliveryDraft[] },
  nowMs: number,
) {
  const drafts = events.map((event) => {
    const own = deliveries.filter(({ eventId }) => eventId === event.id)
    const [first] = own
    const sharedBody = own.length > 1 && first !== undefined ? first.body : null
    return { event, sharedBody, isStored: !isMadeFromRows(event, own.length) }
  })
  const isShared = new Set(drafts.flatMap(({ event, sharedBody }) => (sharedBody === null ? [] : event.id)))
  return [
    ...drafts.flatMap(({ event, sharedBody, isStored }) =>
      isStored ? [insertEvent(db, jobId, event, sharedBody)] : [],
    ),
    ...deliveries.map((draft) =>
      insertDelivery(
        db,
        jobId,
        { ...draft, apiKeyId, ...(isShared.has(draft.eventId) && { body: null }) },
        nowMs,
      ),
    ),
  ]
}
