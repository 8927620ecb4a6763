/** The delivery log, as it is read: a bounded number of rows, whatever the size of the tables. */
import { and, asc, desc, eq, getTableColumns, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { DeliveryStatus } from '../../core/delivery.ts'
import type { EventType } from '../../core/event.ts'
import { firstIdAt } from '../../core/id.ts'
import type { Database } from '../database.ts'
import { attempts, deliveries } from '../schema.ts'
import type { Delivery } from './claim.ts'
import type { Attempt } from './commit.ts'

/** A delivery as a list shows it: without its body. */
export type LoggedDelivery = Omit<Delivery, 'body'>

export interface DeliveryFilter {
  jobId?: string | undefined
  endpointId?: string | undefined
  status?: DeliveryStatus | undefined
  eventType?: EventType | undefined
  /** When it was made. */
  sinceMs?: number | undefined
  untilMs?: number | undefined
}

// A page looks through at most so many rows, however rare what it looks for; the cursor goes on where it stopped.
const rowsScannedPerPage = 1_000

/** One that is redelivered again and again has more attempts than anybody reads. */
const attemptsShown = 20

/** Newest first. A page may be short of `limit`, even empty, and still have a `next` to go on from. */
export async function listDeliveries(
  db: Database,
  filter: DeliveryFilter,
  before: string | null,
  limit: number,
): Promise<{ deliveries: LoggedDelivery[]; next: string | null }> {
  const { body: _, ...columns } = getTableColumns(deliveries)
  const scanned = db
    .select(columns)
    .from(deliveries)
    .where(
      and(
        before === null ? undefined : lt(deliveries.id, before),
        // A job has few deliveries, and they have an index.
        filter.jobId === undefined ? undefined : eq(deliveries.jobId, filter.jobId),
        ...madeBetween(filter),
      ),
    )
    .orderBy(desc(deliveries.id))
    .limit(rowsScannedPerPage)
    .as('scanned')
  const { endpointId, status, eventType } = filter
  const [rows, [window]] = await db.batch([
    db
      .select()
      .from(scanned)
      .where(
        and(
          endpointId === undefined ? undefined : eq(scanned.endpointId, endpointId),
          status === undefined ? undefined : eq(scanned.status, status),
          eventType === undefined ? undefined : eq(scanned.eventType, eventType),
        ),
      )
      .orderBy(desc(scanned.id))
      .limit(limit + 1),
    db.select({ rows: sql<number>`count(*)`, last: sql<string | null>`min(${scanned.id})` }).from(scanned),
  ])
  const page = rows.slice(0, limit)
  const nextOnPage = rows.length > limit ? (page.at(-1)?.id ?? null) : null
  const nextOnScan = window !== undefined && window.rows === rowsScannedPerPage ? window.last : null
  return { deliveries: page, next: nextOnPage ?? nextOnScan }
}

/** Ids sort by when they were made. */
export function madeBetween({ sinceMs, untilMs }: Pick<DeliveryFilter, 'sinceMs' | 'untilMs'>): SQL[] {
  return [
    ...(sinceMs === undefined ? [] : [gte(deliveries.id, firstIdAt('delivery', sinceMs))]),
    ...(untilMs === undefined ? [] : [lt(deliveries.id, firstIdAt('delivery', untilMs))]),
  ]
}

/** The latest attempts of each, in the order in which they were made. */
export async function attemptsOfAll(db: Database, deliveryIds: string[]): Promise<Map<string, Attempt[]>> {
  if (deliveryIds.length === 0) return new Map()
  const rows = await db
    .select(getTableColumns(attempts))
    .from(deliveries)
    .innerJoin(
      attempts,
      and(
        eq(attempts.deliveryId, deliveries.id),
        sql`${attempts.n} > ${deliveries.attempts} - ${sql.raw(String(attemptsShown))}`,
      ),
    )
    .where(inArray(deliveries.id, deliveryIds))
    .orderBy(asc(attempts.n))
  return Map.groupBy(rows, ({ deliveryId }) => deliveryId)
}
