/** Inserts the events of a commit with their deliveries. */
import { isMadeFromRows } from '../../core/job/timeline.ts'
import type { Database } from '../database.ts'
import { type EventDraft, insertEvent } from '../events.ts'
import { type DeliveryDraft, insertDelivery } from './claim.ts'

/**
 * An event that the timeline makes from other rows is not inserted. A body is stored with its delivery, or once with the
 * event if several deliveries send it. The bodies of other formats are short: each is with its delivery.
 */
export function insertEventsAndDeliveries(
  db: Database,
  { id: jobId, apiKeyId }: { id: string; apiKeyId: string },
  { events, deliveries }: { events: EventDraft[]; deliveries: DeliveryDraft[] },
  nowMs: number,
) {
  const drafts = events.map((event) => {
    const own = deliveries.filter(({ eventId }) => eventId === event.id)
    const [first, second] = own.filter(({ format }) => format === 'reelhook')
    const sharedBody = first !== undefined && second !== undefined ? first.body : null
    return { event, sharedBody, isStored: !isMadeFromRows(event, own.length) }
  })
  const shared = new Set(drafts.flatMap(({ event, sharedBody }) => (sharedBody === null ? [] : event.id)))
  const hasNoBody = ({ eventId, format }: DeliveryDraft) => format === 'reelhook' && shared.has(eventId)
  return [
    ...drafts.flatMap(({ event, sharedBody, isStored }) =>
      isStored ? [insertEvent(db, jobId, event, sharedBody)] : [],
    ),
    ...deliveries.map((draft) =>
      insertDelivery(db, jobId, { ...draft, apiKeyId, ...(hasNoBody(draft) && { body: null }) }, nowMs),
    ),
  ]
}
