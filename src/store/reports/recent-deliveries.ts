/** The deliveries of a period that ended, by result. No counter has them: one more row would be written for each. */

import { type SQL, sql } from 'drizzle-orm'
import { eventTypes } from '../../core/event.ts'
import { firstIdAt } from '../../core/id.ts'
import { hours, minutes } from '../../core/schedule/units.ts'
import type { Database } from '../database.ts'
import { literal } from '../page.ts'
import { deliveries } from '../schema.ts'

/** Each result is counted up to here, in each database. */
export const maxRecentDeliveries = 1_000

/** The deliveries that were made in the last minutes and accepted. */
const deliveredWithinMs = 10 * minutes
/** A delivery is tried for about three days before it fails. */
const failedWithinMs = 4 * 24 * hours

export interface RecentDeliveries {
  delivered: number
  failed: number
}

export function countRecentDeliveries(
  databases: readonly Database[],
  nowMs: number,
): Promise<RecentDeliveries> {
  const sinceMs = { delivered: nowMs - deliveredWithinMs, failed: nowMs - failedWithinMs }
  return countDeliveries(databases, sinceMs)
}

/** `sinceMs`: those of each result that were created since then. */
export async function countDeliveries(
  databases: readonly Database[],
  sinceMs: RecentDeliveries,
): Promise<RecentDeliveries> {
  const delivered = countOf('delivered', sinceMs.delivered)
  const failed = countOf('failed', sinceMs.failed)
  const counts = await Promise.all(
    databases.map((db) =>
      db.all<RecentDeliveries>(sql`SELECT ${delivered} AS delivered, ${failed} AS failed`),
    ),
  )
  return counts.flat().reduce((one, two) => ({
    delivered: one.delivered + two.delivered,
    failed: one.failed + two.failed,
  }))
}

/** Through a range of `deliveries_list` for each event type. */
function countOf(status: 'delivered' | 'failed', sinceMs: number): SQL {
  const types = sql.join(
    eventTypes.map((type) => sql`(${literal(type)})`),
    sql`, `,
  )
  // Worded as the partial index is, so that SQLite uses it.
  const isListed = sql`(${deliveries.status} <> 'pending' OR ${deliveries.lease} IS NULL)`
  return sql`(WITH types(type) AS (VALUES ${types}) SELECT count(*) FROM (
    SELECT 1 FROM types CROSS JOIN ${deliveries} WHERE ${deliveries.status} = ${literal(status)} AND ${isListed}
      AND ${deliveries.eventType} = types.type AND ${deliveries.id} >= ${firstIdAt('delivery', sinceMs)} LIMIT ${maxRecentDeliveries}))`
}
