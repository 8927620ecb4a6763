/** The delivery log, newest first. */
import { and, asc, desc, eq, getTableColumns, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { type DeliveryStatus, deliveryStatuses } from '../../core/delivery.ts'
import { type EventType, eventTypes } from '../../core/event.ts'
import { firstIdAt } from '../../core/id.ts'
import { leaseMs } from '../../core/schedule/jobs.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import {
  type Cursor,
  candidateId,
  findPage,
  literal,
  mergePages,
  type Page,
  type Range,
  type Search,
} from '../page.ts'
import { attempts, deliveries } from '../schema.ts'
import type { Delivery } from './claim.ts'
import type { Attempt } from './commit.ts'

/** A delivery as a list shows it: without its body. */
export type LoggedDelivery = Omit<Delivery, 'body'>

export interface DeliveryFilter {
  /** Undefined: the deliveries of all projects. */
  project?: string | undefined
  jobId?: string | undefined
  endpointId?: string | undefined
  status?: DeliveryStatus | undefined
  eventType?: EventType | undefined
  /** When it was created. */
  sinceMs?: number | undefined
  untilMs?: number | undefined
}

export async function listDeliveries(
  databases: readonly Database[],
  filter: DeliveryFilter,
  cursor: Cursor,
  nowMs: number,
): Promise<{ deliveries: LoggedDelivery[]; next: string | null }> {
  const { rows, next } = await mergePages(
    databases,
    {
      order: 'newest_first',
      find: (db, from) => findDeliveries(db, { ...filter, order: 'newest_first' }, from, nowMs),
      read: async (db, ids) => ({ rows: await deliveriesOf(db, ids), cutAfter: null }),
    },
    cursor,
  )
  return { deliveries: rows, next }
}

async function deliveriesOf(db: Database, ids: string[]): Promise<LoggedDelivery[]> {
  const { body: _, ...columns } = getTableColumns(deliveries)
  return db.select(columns).from(deliveries).where(among(deliveries.id, ids)).orderBy(desc(deliveries.id))
}

/** The ids of one page of one database. */
export function findDeliveries(
  db: Database,
  { order, ...filter }: DeliveryFilter & Pick<Search, 'order'>,
  cursor: Cursor,
  nowMs: number,
): Promise<Page> {
  const { project, jobId, endpointId } = filter
  const inTime = sql.join([sql`1`, ...createdBetween(filter)], sql` AND `)
  const rangeOf = (where: SQL, table: SQLWrapper = deliveries): Range => ({
    table,
    id: deliveries.id,
    where: sql`${where} AND ${inTime}`,
  })
  // The deliveries of a job are few.
  if (jobId !== undefined) {
    const where = and(eq(deliveries.jobId, jobId), ...matching(filter)) ?? sql`1`
    return findPage(db, { order, ranges: [rangeOf(where)] }, cursor)
  }
  // Other projects are in other parts of the index, so they cost nothing.
  if (project !== undefined) {
    const ranges = [rangeOf(eq(deliveries.project, project))]
    return findPage(db, { order, ranges, test: testOf({ ...filter, project: undefined }) }, cursor)
  }
  if (endpointId !== undefined) {
    const ranges = [rangeOf(eq(deliveries.endpointId, endpointId))]
    return findPage(db, { order, ranges, test: testOf({ ...filter, endpointId: undefined }) }, cursor)
  }
  if (filter.status === undefined && filter.eventType === undefined)
    return findPage(db, { order, ranges: [rangeOf(sql`1`)] }, cursor)
  return findPage(db, { order, ranges: rangesByStatus(filter, rangeOf, nowMs) }, cursor)
}

/** Tests a candidate of a page. Undefined: the filter names nothing more. */
function testOf(filter: DeliveryFilter): SQL | undefined {
  const tests = matching(filter)
  if (tests.length === 0) return undefined
  return sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${and(eq(deliveries.id, candidateId), ...tests)})`
}

/** A range of the index for each combination of those that the filter leaves open, and the deliveries under a lease. */
function rangesByStatus(
  { status, eventType }: DeliveryFilter,
  rangeOf: (where: SQL, table?: SQLWrapper) => Range,
  nowMs: number,
): Range[] {
  const types = eventType === undefined ? eventTypes : [eventType]
  const ranges = (status === undefined ? deliveryStatuses : [status]).flatMap((ofStatus) =>
    types.map((ofType) =>
      rangeOf(sql`${deliveries.status} = ${literal(ofStatus)} AND ${deliveries.eventType} = ${literal(ofType)}
        AND (${deliveries.status} <> 'pending' OR ${deliveries.lease} IS NULL)`),
    ),
  )
  if (status !== undefined && status !== 'pending') return ranges
  const ofTypes = eventType === undefined ? sql`1` : eq(deliveries.eventType, eventType)
  return [...ranges, rangeOf(ofTypes, leased(nowMs))]
}

/** A crashed attempt is made again within this time, unless very many are due. */
const expiredLeaseMs = 10 * 60_000
const maxInspected = 1_000

/** The deliveries with an attempt under way are in no other range. They are due when their lease ends. */
function leased(nowMs: number): SQL {
  return sql`(SELECT * FROM ${deliveries}
    WHERE ${deliveries.id} IN (
      SELECT ${deliveries.id} FROM ${deliveries}
      WHERE ${deliveries.dueAt} > ${nowMs - expiredLeaseMs} AND ${deliveries.dueAt} <= ${nowMs + leaseMs}
      ORDER BY ${deliveries.dueAt} DESC LIMIT ${maxInspected}
    ) AND ${deliveries.status} = 'pending' AND ${deliveries.lease} IS NOT NULL) AS ${deliveries}`
}

/** Bounds a range: ids sort by creation time. */
function createdBetween({ sinceMs, untilMs }: DeliveryFilter): SQL[] {
  const first = (timeMs: number) => literal(firstIdAt('delivery', timeMs))
  return [
    ...(sinceMs === undefined ? [] : [sql`${deliveries.id} >= ${first(sinceMs)}`]),
    ...(untilMs === undefined ? [] : [sql`${deliveries.id} < ${first(untilMs)}`]),
  ]
}

function matching({ project, endpointId, status, eventType }: DeliveryFilter): SQL[] {
  return [
    ...(project === undefined ? [] : [eq(deliveries.project, project)]),
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
      responseHeaders: delivery.lastResponseHeaders,
      responseBody: delivery.lastResponseBody,
    },
  ]
}
