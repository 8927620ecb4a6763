/** The delivery log, as it is read. */
import { asc, eq, inArray } from 'drizzle-orm'
import type { Attempt } from './commit-delivery.ts'
import type { Database } from './database.ts'
import type { Delivery } from './deliveries.ts'
import { attempts, deliveries } from './schema.ts'

export async function deliveriesOf(db: Database, jobId: string): Promise<Delivery[]> {
  return db.select().from(deliveries).where(eq(deliveries.jobId, jobId)).orderBy(asc(deliveries.id))
}

export async function attemptsOfAll(db: Database, deliveryIds: string[]): Promise<Map<string, Attempt[]>> {
  if (deliveryIds.length === 0) return new Map()
  const rows = await db
    .select()
    .from(attempts)
    .where(inArray(attempts.deliveryId, deliveryIds))
    .orderBy(asc(attempts.n))
  return Map.groupBy(rows, ({ deliveryId }) => deliveryId)
}
