/** Deliveries: inserting them, and claiming one for an attempt. The end of a claim is in commit.ts. */
import { and, asc, eq, getTableColumns, isNotNull, lte, type SQL, sql } from 'drizzle-orm'
import { hostAndPathOf } from '../../core/delivery.ts'
import type { Destination, EventType } from '../../core/event.ts'
import { newId, shardOf } from '../../core/id.ts'
import { leaseMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { prepared, value } from '../prepared.ts'
import { deliveries, jobs } from '../schema.ts'
import { hasCapacity, takesFreshAttempt } from './capacity.ts'
import { claimTrial } from './circuits.ts'
import { type ClaimedDelivery, claimed, selectForAttempt } from './claimed.ts'
import { park } from './host-queue.ts'

export type Delivery = typeof deliveries.$inferSelect

export interface DeliveryDraft extends Destination {
  id: string
  eventId: string
  eventType: EventType
  body: string
  /** The lease under which it is inserted if its lane is healthy and has capacity. Null: it is due for the queue. */
  lease: string | null
}

export function draftDelivery(jobId: string, delivery: Omit<DeliveryDraft, 'id' | 'lease'>): DeliveryDraft {
  return { id: newId('delivery', shardOf(jobId)), lease: null, ...delivery }
}

/** The draft of a delivery that the caller attempts after its commit, if it was inserted so. */
export function underFirstLease(draft: DeliveryDraft): DeliveryDraft {
  // No other claim has this lease: those are random.
  return { ...draft, lease: draft.id }
}

/** Returns the lease that it has then. */
export function insertDelivery(
  db: Database,
  jobId: string,
  draft: Omit<DeliveryDraft, 'body'> & { body: string | null; apiKeyId?: string },
  nowMs: number,
) {
  const { apiKeyId = null, ...given } = draft
  return insertRow(db, {
    ...given,
    ...hostAndPathOf(draft.url),
    jobId,
    ownerId: draft.endpointId ?? apiKeyId,
    now: nowMs,
    leaseEnd: nowMs + leaseMs,
  })
}

const owner = sql`coalesce(${value('ownerId')}, (SELECT ${jobs.apiKeyId} FROM ${jobs} WHERE ${jobs.id} = ${value('jobId')}))`
const lane = { host: value('host'), ownerId: owner }
const isClaimed = sql`(${value('lease')} IS NOT NULL
  AND ${takesFreshAttempt(lane, { now: value('now'), leaseEnd: value('leaseEnd') })})`
const about = ['id', 'jobId', 'endpointId', 'eventId', 'eventType', 'format', 'project', 'body']
const given = [...about, 'url', 'host', 'path']
const places: Record<string, SQL> = {
  ...Object.fromEntries(given.map((name) => [name, value(name)])),
  ownerId: owner,
  status: sql`'pending'`,
  attempts: sql`0`,
  attemptsBefore: sql`0`,
  createdAt: value('now'),
  dueAt: sql`CASE WHEN is_claimed THEN ${value('leaseEnd')} ELSE ${value('now')} END`,
  lease: sql`CASE WHEN is_claimed THEN ${value('lease')} END`,
}
const columns = Object.keys(getTableColumns(deliveries)).map((name) => places[name] ?? sql`NULL`)
const insertRow = prepared((db) =>
  db
    .insert(deliveries)
    .select(
      sql`WITH claim AS MATERIALIZED (SELECT ${isClaimed} AS is_claimed) SELECT ${sql.join(columns, sql`, `)} FROM claim WHERE true`,
    )
    // A repeat finds its own row.
    .onConflictDoUpdate({ target: deliveries.id, set: { id: value('id') } })
    .returning({ deliveryId: deliveries.id, lease: deliveries.lease }),
)

/** The deliveries that these inserts have put under their first lease: the results of a batch. */
export function claimedIn(results: readonly unknown[]): string[] {
  return results.flatMap((rows) =>
    Array.isArray(rows)
      ? rows.flatMap(({ deliveryId, lease }: { deliveryId?: string; lease?: string | null }) =>
          deliveryId !== undefined && lease === deliveryId ? [deliveryId] : [],
        )
      : [],
  )
}

/** Claimed; or parked, because its lane has no capacity; or null: it was not due, and nothing changed. */
export type ClaimOutcome = { delivery: ClaimedDelivery } | { parkedForHost: string } | null

/** Claims a due delivery for one attempt; parks it if its lane has no capacity. */
// Idempotent: a second claim finds the row not due and changes nothing. With the same lease it reads its own claim.
export async function claimDelivery(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<ClaimOutcome> {
  const claim = db
    .update(deliveries)
    .set({ lease, dueAt: nowMs + leaseMs, reason: null })
    .where(and(eq(deliveries.id, id), lte(deliveries.dueAt, nowMs), hasCapacity(lease, nowMs)))
  const { parkDelivery, noteHost } = park(db, id, nowMs)
  const [, , [row], [parked]] = await db.batch([
    claimTrial(db, id, lease, nowMs),
    claim,
    selectForAttempt(db, id),
    parkDelivery,
    noteHost,
  ])
  if (parked !== undefined) return { parkedForHost: parked.host }
  return row?.lease === lease ? { delivery: claimed(row, lease) } : null
}

export async function overdueDeliveries(db: Database, nowMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(isNotNull(deliveries.dueAt), lte(deliveries.dueAt, nowMs)))
    .orderBy(asc(deliveries.dueAt))
    .limit(limit)
  return rows.map(({ id }) => id)
}

export async function findDelivery(db: Database, id: string): Promise<Delivery | null> {
  const [row] = await db.select().from(deliveries).where(eq(deliveries.id, id))
  return row ?? null
}
