/**
 * Redelivery: one delivery at once, or many through the queues of their lanes, where they delay no other delivery. The
 * event id and the body stay, attempts are counted on, and the schedule starts again.
 */
import { and, eq, isNull, ne, not, type SQL, sql } from 'drizzle-orm'
import type { DeliveryStatus } from '../../core/delivery.ts'
import type { EventType } from '../../core/event.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { type Cursor, mergePages } from '../page.ts'
import { deliveries, endpoints, hosts, jobs } from '../schema.ts'
import { isOwnerEnabled } from './disabled.ts'
import { noteWaitingHosts } from './host-queue.ts'
import { findDeliveries } from './log.ts'

/**
 * Makes a delivery due now. A pending one keeps its schedule, and only its next attempt comes earlier. False: an attempt
 * is under way, its body was pruned, its owner is disabled, or there is no such delivery.
 */
// Running this twice is harmless: the second time the delivery is due already, or under way.
export async function redeliver(db: Database, id: string, nowMs: number): Promise<boolean> {
  const redelivered = await db
    .update(deliveries)
    .set({
      ...restarted,
      attemptsBefore: sql`CASE WHEN ${isPending} THEN ${deliveries.attemptsBefore} ELSE ${deliveries.attempts} END`,
      dueAt: nowMs,
      reason: 'sent_now',
    })
    .where(and(eq(deliveries.id, id), not(isUnderWay(nowMs)), not(isPruned), isOwnerEnabled))
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

/** Redelivers ended deliveries, the oldest first. Those of pruned jobs and of disabled owners are skipped. */
// Running this twice is harmless: a pending delivery is not changed.
export async function redeliverMany(
  databases: Database[],
  filter: RedeliveryFilter,
  cursor: Cursor,
  nowMs: number,
): Promise<{ redelivered: { id: string; url: string }[]; next: string | null }> {
  const { rows, next } = await mergePages(
    databases,
    {
      order: 'oldest_first',
      find: (db, from) => findDeliveries(db, { ...filter, order: 'oldest_first' }, from, nowMs),
      read: async (db, ids) => ({ rows: await enqueue(db, ids, nowMs), cutAfter: null }),
    },
    cursor,
  )
  return { redelivered: rows, next }
}

async function enqueue(db: Database, ids: string[], nowMs: number) {
  const chosen = among(deliveries.id, ids)
  const [redelivered] = await db.batch([
    db
      .update(deliveries)
      .set({ ...restarted, dueAt: null, reason: 'waiting_for_host' })
      .where(and(chosen, ne(deliveries.status, 'pending'), not(isPruned), isOwnerEnabled))
      .returning({ id: deliveries.id, url: deliveries.url }),
    noteWaitingHosts(db, chosen, { atMs: nowMs, alsoIf: isNull(hosts.trial) }),
  ])
  return redelivered
}

const isPruned = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${deliveries.jobId} AND ${jobs.prunedAt} IS NOT NULL)`

const isPending = eq(deliveries.status, 'pending')

/** While it is leased, a delivery is due when the lease ends. */
function isUnderWay(nowMs: number): SQL {
  return sql`(${isPending} AND ${deliveries.lease} IS NOT NULL AND ${deliveries.dueAt} > ${nowMs})`
}

// An endpoint's delivery goes to its current URL; a job's own URL does not change.
const ofEndpoint = (column: typeof endpoints.url | typeof endpoints.host | typeof endpoints.path) =>
  sql`(SELECT ${column} FROM ${endpoints} WHERE ${endpoints.id} = ${deliveries.endpointId})`

const restarted = {
  status: 'pending' as const,
  url: sql`coalesce(${ofEndpoint(endpoints.url)}, ${deliveries.url})`,
  host: sql`coalesce(${ofEndpoint(endpoints.host)}, ${deliveries.host})`,
  path: sql`coalesce(${ofEndpoint(endpoints.path)}, ${deliveries.path})`,
  attemptsBefore: sql`${deliveries.attempts}`,
}
