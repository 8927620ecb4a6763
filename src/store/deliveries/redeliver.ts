/**
 * Sending again what is over, and at once what waits: one delivery at once, or many through the lines of their hosts, so that they take no
 * more places there than others and nobody waits behind them. The event's id and its body stay, the attempts go on
 * being counted, and the schedule begins anew.
 */
import { and, asc, eq, gt, inArray, isNull, ne, not, type SQL, sql } from 'drizzle-orm'
import type { DeliveryStatus } from '../../core/delivery.ts'
import type { EventType } from '../../core/event.ts'
import type { Database } from '../database.ts'
import { deliveries, endpoints, hosts } from '../schema.ts'
import { isOwnerEnabled } from './disabled.ts'
import { noteWaitingHosts } from './host-queue.ts'
import { madeBetween } from './log.ts'

/**
 * One that waits for its turn keeps its schedule, and only its next attempt is made now. False: an attempt is under way,
 * its owner is sent nothing, or it is not there.
 */
// Running this twice is harmless: the second time it is due already, or under way.
export async function redeliver(db: Database, id: string, nowMs: number): Promise<boolean> {
  const redelivered = await db
    .update(deliveries)
    .set({
      ...anew,
      attemptsBefore: sql`CASE WHEN ${isPending} THEN ${deliveries.attemptsBefore} ELSE ${deliveries.attempts} END`,
      ...{ dueAt: nowMs, reason: 'sent_now' },
    })
    .where(and(eq(deliveries.id, id), not(isUnderWay(nowMs)), isOwnerEnabled))
    .returning({ id: deliveries.id })
  return redelivered.length === 1
}

export interface RedeliveryFilter {
  status: Exclude<DeliveryStatus, 'pending'>
  endpointId?: string | undefined
  eventType?: EventType | undefined
  sinceMs: number
  untilMs?: number | undefined
}

// One call looks through at most so many rows; the cursor goes on where it stopped.
const rowsScannedPerCall = 1_000

/** The oldest first. Who is sent nothing now is passed over. */
// Running this twice is harmless: what is pending is not touched.
export async function redeliverMany(
  db: Database,
  filter: RedeliveryFilter,
  after: string | null,
  limit: number,
  nowMs: number,
): Promise<{ redelivered: { id: string; url: string }[]; next: string | null }> {
  const { id, status, endpointId, eventType } = deliveries
  const scanned = db
    .select({ id, status, endpointId, eventType })
    .from(deliveries)
    .where(and(after === null ? undefined : gt(id, after), ...madeBetween(filter)))
    .orderBy(asc(id))
    .limit(rowsScannedPerCall)
    .as('scanned')
  const [rows, [window]] = await db.batch([
    db
      .select({ id: scanned.id })
      .from(scanned)
      .where(
        and(
          eq(scanned.status, filter.status),
          filter.endpointId === undefined ? undefined : eq(scanned.endpointId, filter.endpointId),
          filter.eventType === undefined ? undefined : eq(scanned.eventType, filter.eventType),
        ),
      )
      .orderBy(asc(scanned.id))
      .limit(limit + 1),
    db.select({ rows: sql<number>`count(*)`, last: sql<string | null>`max(${scanned.id})` }).from(scanned),
  ])
  const page = rows.slice(0, limit).map((row) => row.id)
  const nextOnPage = rows.length > limit ? (page.at(-1) ?? null) : null
  const nextOnScan = window !== undefined && window.rows === rowsScannedPerCall ? window.last : null
  return { redelivered: await lineUp(db, page, nowMs), next: nextOnPage ?? nextOnScan }
}

async function lineUp(db: Database, ids: string[], nowMs: number) {
  // One value for all: a statement takes a hundred at the most.
  const chosen = inArray(deliveries.id, sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`)
  const [redelivered] = await db.batch([
    db
      .update(deliveries)
      .set({ ...anew, dueAt: null, reason: 'waiting_for_host' })
      .where(and(chosen, isRedeliverable))
      .returning({ id: deliveries.id, url: deliveries.url }),
    noteWaitingHosts(db, chosen, nowMs, isNull(hosts.trial)),
  ])
  return redelivered
}

const isPending = eq(deliveries.status, 'pending')

/** While it is leased, a delivery is due when the lease ends. */
function isUnderWay(nowMs: number): SQL {
  return sql`(${isPending} AND ${deliveries.lease} IS NOT NULL AND ${deliveries.dueAt} > ${nowMs})`
}

const isRedeliverable = and(ne(deliveries.status, 'pending'), isOwnerEnabled)

// An endpoint is told where it is now; a job's own URL does not change.
const itsEndpoint = (column: typeof endpoints.url | typeof endpoints.host) =>
  sql`(SELECT ${column} FROM ${endpoints} WHERE ${endpoints.id} = ${deliveries.endpointId})`

const anew = {
  status: 'pending' as const,
  url: sql`coalesce(${itsEndpoint(endpoints.url)}, ${deliveries.url})`,
  host: sql`coalesce(${itsEndpoint(endpoints.host)}, ${deliveries.host})`,
  attemptsBefore: sql`${deliveries.attempts}`,
}
