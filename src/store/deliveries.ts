/** Deliveries and their attempts: what the caller is owed, what was tried, when it is tried again. */
import { and, asc, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm'
import { newId } from '../core/id.ts'
import type { EventType } from '../core/request.ts'
import { leaseMs } from '../core/schedule.ts'
import { secretsOf } from './api-keys.ts'
import type { Database } from './database.ts'
import { type EventDraft, insertEvent } from './events.ts'
import { insist, requireLease } from './lease.ts'
import { apiKeys, attempts, deliveries, jobs } from './schema.ts'

export type Delivery = typeof deliveries.$inferSelect
/** A delivery under a lease: only through it may an attempt be committed. */
export interface ClaimedDelivery extends Delivery {
  lease: string
  /** Encrypted, the newest first; none when neither the job nor its API key has one. */
  sealedSecrets: string[]
}

export type Attempt = typeof attempts.$inferSelect

export interface DeliveryDraft {
  id: string
  eventId: string
  eventType: EventType
  url: string
  body: string
}

export function draftDelivery(delivery: Omit<DeliveryDraft, 'id'>): DeliveryDraft {
  return { id: newId('delivery'), ...delivery }
}

export function insertDelivery(db: Database, jobId: string, draft: DeliveryDraft, nowMs: number) {
  const values = {
    ...draft,
    jobId,
    status: 'pending' as const,
    attempts: 0,
    createdAt: nowMs,
    dueAt: nowMs,
  }
  return db.insert(deliveries).values(values)
}

/** The secret that signs what a job's caller is told, encrypted; null where there is none. */
export async function sealedSecretOf(db: Database, jobId: string): Promise<string | null> {
  const [found] = await db
    .select({ sealed: sql<string | null>`coalesce(${jobs.callbackSecret}, ${apiKeys.callbackSecret})` })
    .from(jobs)
    .leftJoin(apiKeys, eq(apiKeys.id, jobs.apiKeyId))
    .where(eq(jobs.id, jobId))
  return found?.sealed ?? null
}

/** Takes the row for one attempt, if it is owed one now, with the secrets that sign it. */
// Running this twice is harmless: the second claim finds the row not due and changes nothing.
export async function claimDelivery(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<ClaimedDelivery | null> {
  const take = db
    .update(deliveries)
    .set({ lease, dueAt: nowMs + leaseMs })
    .where(and(eq(deliveries.id, id), lte(deliveries.dueAt, nowMs)))
    .returning()
  // The job's own secret goes before that of the API key that posted it.
  const secrets = db
    // Named, because a batch gives rows by column, and both tables have a callback_secret.
    .select({ own: sql<string | null>`${jobs.callbackSecret}`.as('own'), ...secretColumns })
    .from(deliveries)
    .innerJoin(jobs, eq(jobs.id, deliveries.jobId))
    .leftJoin(apiKeys, eq(apiKeys.id, jobs.apiKeyId))
    .where(eq(deliveries.id, id))
  const [[row], [found]] = await db.batch([take, secrets])
  return row === undefined ? null : { ...row, lease, sealedSecrets: found ? sealedOf(found, nowMs) : [] }
}

const secretColumns = { callbackSecret: apiKeys.callbackSecret, retiredSecrets: apiKeys.retiredSecrets }

function sealedOf(
  found: { own: string | null; callbackSecret: string | null; retiredSecrets: string | null },
  nowMs: number,
): string[] {
  const { own, callbackSecret, retiredSecrets } = found
  if (own !== null) return [own]
  return callbackSecret === null || retiredSecrets === null
    ? []
    : secretsOf({ callbackSecret, retiredSecrets }, nowMs)
}

/** Null `dueAt`: the delivery is over. */
export async function commitAttempt(
  db: Database,
  delivery: ClaimedDelivery,
  attempt: Attempt,
  outcome: Pick<Delivery, 'status' | 'dueAt'>,
  event: EventDraft | null,
): Promise<void> {
  await insist(() =>
    db.batch([
      requireLease(db, deliveries, delivery),
      db.insert(attempts).values(attempt),
      db
        .update(deliveries)
        .set({ ...outcome, attempts: attempt.n, lease: null })
        .where(eq(deliveries.id, delivery.id)),
      ...(event === null ? [] : [insertEvent(db, delivery.jobId, event)]),
    ]),
  )
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

/** Whether a job's caller has still to be told something. */
export async function isTellingDue(db: Database, jobId: string): Promise<boolean> {
  const pending = and(eq(deliveries.jobId, jobId), eq(deliveries.status, 'pending'))
  return (await db.select({ id: deliveries.id }).from(deliveries).where(pending).limit(1)).length > 0
}

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
