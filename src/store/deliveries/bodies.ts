/**
 * The bodies of deliveries. A body is with its delivery. The deliveries of one event in Reelhook's format send the same body: if
 * they are several, it is with the event.
 */
import { eq, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { deliveries, events } from '../schema.ts'

/** The body of a delivery. Null: it was pruned. */
export async function findBody(db: Database, id: string): Promise<string | null> {
  const [row] = await db.select({ body: bodyOfDelivery }).from(deliveries).where(eq(deliveries.id, id))
  return row?.body ?? null
}

/** To be selected from `deliveries`. */
export const bodyOfDelivery = sql<
  string | null
>`coalesce(${deliveries.body}, (SELECT ${events.body} FROM ${events}
  WHERE ${events.jobId} = ${deliveries.jobId} AND ${events.id} = ${deliveries.eventId}))`
