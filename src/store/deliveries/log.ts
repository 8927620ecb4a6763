/** The delivery log, newest first. */
import { and, asc, desc, eq, getTableColumns, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { DeliveryStatus } from '../../core/delivery.ts'
import type { EventType } from '../../core/event.ts'
import { firstIdAt } from '../../core/id.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { type Cursor, findPage } from '../page.ts'
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
  /** When it was created. */
  sinceMs?: number | undefined
  untilMs?: number | undefined
}

export async function listDeliveries(
  db: Database,
  filter: DeliveryFilter,
  cursor: Cursor,
): Promise<{ deliveries: LoggedDelivery[]; next: string | null }> {
  const { jobId } = filter
  const { ids, next } = await findPage(
    db,
    {
      table: deliveries,
      order: 'newest_first',
      // The deliveries of a job are few, and an index finds them.
      range: [...createdBetween(filter), ...(jobId === undefined ? [] : [eq(deliveries.jobId, jobId)])],
      filter: matching(filter),
    },
    cursor,
  )
  return { deliveries: await deliveriesOf(db, ids), next }
}

async function deliveriesOf(db: Database, ids: string[]): Promise<LoggedDelivery[]> {
  if (ids.length === 0) return []
  const { body: _, ...columns } = getTableColumns(deliveries)
  return db.select(columns).from(deliveries).where(among(deliveries.id, ids)).orderBy(desc(deliveries.id))
}

/** Bounds a scan: ids sort by creation time. */
export function createdBetween({ sinceMs, untilMs }: Pick<DeliveryFilter, 'sinceMs' | 'untilMs'>): SQL[] {
  return [
    ...(sinceMs === undefined ? [] : [gte(deliveries.id, firstIdAt('delivery', sinceMs))]),
    ...(untilMs === undefined ? [] : [lt(deliveries.id, firstIdAt('delivery', untilMs))]),
  ]
}

export function matching({
  endpointId,
  status,
  eventType,
}: Pick<DeliveryFilter, 'endpointId' | 'status' | 'eventType'>): SQL[] {
  return [
    ...(endpointId === undefined ? [] : [eq(deliveries.endpointId, endpointId)]),
    ...(status === undefined ? [] : [eq(deliveries.status, status)]),
    ...(eventType === undefined ? [] : [eq(deliveries.eventType, eventType)]),
  ]
}

/** A delivery that is redelivered again and again has more attempts than a list can show. */
const maxAttemptsShown = 20

/** The latest attempts of each delivery, in the order in which they were made. The very latest is in its row. */
export async function attemptsOfAll(
  db: Database,
  listed: readonly LoggedDelivery[],
): Promise<Map<string, Attempt[]>> {
  const repeated = listed.filter((delivery) => delivery.attempts > 1).map(({ id }) => id)
  const isShown = sql`${attempts.n} > ${deliveries.attempts} - ${maxAttemptsShown}`
  const rows =
    repeated.length === 0
      ? []
      : await db
          .select(getTableColumns(attempts))
          .from(deliveries)
          .innerJoin(attempts, and(eq(attempts.deliveryId, deliveries.id), isShown))
          .where(among(deliveries.id, repeated))
          .orderBy(asc(attempts.n))
  const earlier = Map.groupBy(rows, ({ deliveryId }) => deliveryId)
  return new Map(
    listed.map((delivery) => {
      const before = (earlier.get(delivery.id) ?? []).filter(({ n }) => n < delivery.attempts)
      return [delivery.id, [...before, ...latestAttempt(delivery)]]
    }),
  )
}

function latestAttempt(delivery: LoggedDelivery): Attempt[] {
  const { id, attempts: n, lastStartedAt, lastDurationMs } = delivery
  if (lastStartedAt === null || lastDurationMs === null) return []
  return [
    {
      deliveryId: id,
      n,
      startedAt: lastStartedAt,
      durationMs: lastDurationMs,
      status: delivery.lastStatus,
      error: delivery.lastError,
      responseBody: delivery.lastResponseBody,
    },
  ]
}
