/**
 * Redelivery: one delivery at once, or many through the queues of their lanes, where they delay no other delivery. The
 * event id and the body stay, attempts are counted on, and the schedule starts again.
 */
import { and, eq, isNull, ne, not, type SQL, sql } from 'drizzle-orm'
import { type DeliveryStatus, hostAndPathOf } from '../../core/delivery.ts'
import type { EventType } from '../../core/event.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { type Cursor, mergePages } from '../page.ts'
import { deliveries, hosts, jobs } from '../schema.ts'
import type { Delivery } from './claim.ts'
import type { Owner } from './disabled.ts'
import { noteWaitingHosts } from './host-queue.ts'
import { findDeliveries } from './log.ts'
import type { OwnerState } from './owners.ts'

/**
 * Makes a delivery due now, at the current URL of its owner. A pending one keeps its schedule, and only its next attempt
 * comes earlier. False: an attempt is under way, or its body was pruned, or there is no such delivery.
 */
// Running this twice is harmless: the second time the delivery is due already, or under way.
export async function redeliver(
  db: Database,
  { id, endpointId }: Pick<Delivery, 'id' | 'endpointId'>,
  { url }: OwnerState,
  nowMs: number,
): Promise<boolean> {
  const moved = endpointId !== null && url !== null ? { [endpointId]: url } : {}
  const redelivered = await db
    .update(deliveries)
    .set({
      ...restartedAt(moved),
      attemptsBefore: sql`CASE WHEN ${isPending} THEN ${deliveries.attemptsBefore} ELSE ${deliveries.attempts} END`,
      dueAt: nowMs,
      reason: 'sent_now',
    })
    .where(and(eq(deliveries.id, id), not(isUnderWay(nowMs)), not(isPruned)))
    .returning({ id: deliveries.id })
  return redelivered.length === 1
}

export interface RedeliveryFilter {
  status: Exclude<DeliveryStatus, 'pending'>
  /** Undefined: the deliveries of all projects. */
  project?: string | undefined
  endpointId?: string | undefined
  eventType?: EventType | undefined
  sinceMs: number
  untilMs?: number | undefined
}

interface Stores {
  databases: readonly Database[]
  findOwner: (owner: Owner) => Promise<OwnerState>
}

/** Redelivers ended deliveries, the oldest first. Those of pruned jobs and of disabled owners are skipped. */
// Running this twice is harmless: a pending delivery is not changed.
export async function redeliverMany(
  { databases, findOwner }: Stores,
  filter: RedeliveryFilter,
  cursor: Cursor,
  nowMs: number,
): Promise<{ redelivered: { id: string; url: string }[]; next: string | null }> {
  const { rows, next } = await mergePages(
    databases,
    {
      order: 'oldest_first',
      find: (db, from) => findDeliveries(db, { ...filter, order: 'oldest_first' }, from, nowMs),
      read: async (db, ids) => ({ rows: await enqueue({ db, findOwner }, ids, nowMs), cutAfter: null }),
    },
    cursor,
  )
  return { redelivered: rows, next }
}

async function enqueue(
  { db, findOwner }: Pick<Stores, 'findOwner'> & { db: Database },
  ids: string[],
  nowMs: number,
) {
  const { id, endpointId, ownerId, host } = deliveries
  const found = await db.select({ id, endpointId, ownerId, host }).from(deliveries).where(among(id, ids))
  const owned: { row: (typeof found)[number]; owner: OwnerState }[] = []
  // One after the other: most have the same few owners, which are remembered once they are read.
  for (const row of found) owned.push({ row, owner: await findOwner(row) })
  const enabled = owned.filter(({ owner }) => owner.obstacle === null)
  const urls = enabled.flatMap(({ row, owner }) =>
    row.endpointId === null || owner.url === null ? [] : [[row.endpointId, owner.url] as const],
  )
  const chosen = among(
    deliveries.id,
    enabled.map(({ row }) => row.id),
  )
  const [redelivered] = await db.batch([
    db
      .update(deliveries)
      .set({ ...restartedAt(Object.fromEntries(urls)), dueAt: null, reason: 'waiting_for_host' })
      .where(and(chosen, ne(deliveries.status, 'pending'), not(isPruned)))
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

/** `urls`: of endpoints. A delivery of another owner keeps its URL: a job's own URL does not change. */
function restartedAt(urls: Record<string, string>) {
  const places = Object.entries(urls).map(([id, url]) => [id, { url, ...hostAndPathOf(url) }] as const)
  const json = JSON.stringify(Object.fromEntries(places))
  const current = (column: typeof deliveries.url | typeof deliveries.host | typeof deliveries.path) =>
    sql`coalesce(${json} ->> ('$.' || ${deliveries.endpointId} || '.' || ${column.name}), ${column})`
  return {
    status: 'pending' as const,
    url: current(deliveries.url),
    host: current(deliveries.host),
    path: current(deliveries.path),
    attemptsBefore: sql`${deliveries.attempts}`,
  }
}
