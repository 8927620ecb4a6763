/** How many deliveries failed for good, through the index of the list. */
import { and, eq, gte, sql } from 'drizzle-orm'
import { eventTypes } from '../../core/event.ts'
import { firstIdAt } from '../../core/id.ts'
import type { Database } from '../database.ts'
import { deliveries } from '../schema.ts'

/** The count of each event type of a database stops here. */
const maxCounted = 1_000

/** Those that were created since then. */
export async function countFailedDeliveries(
  databases: readonly Database[],
  sinceMs: number,
): Promise<number> {
  const firstId = firstIdAt('delivery', sinceMs)
  const counts = await Promise.all(
    databases.map(async (db) => {
      const ofTypes = eventTypes.map((type) => {
        const failed = db
          .select({ id: deliveries.id })
          .from(deliveries)
          .where(
            and(
              eq(deliveries.status, 'failed'),
              eq(deliveries.eventType, type),
              gte(deliveries.id, firstId),
              sql`(status <> 'pending' OR lease IS NULL)`,
            ),
          )
          .limit(maxCounted)
        return sql`(SELECT count(*) FROM (${failed}))`
      })
      const [row] = await db.all<{ count: number }>(sql`SELECT ${sql.join(ofTypes, sql` + `)} AS count`)
      return row?.count ?? 0
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
