/**
 * Erasing a job. The first commit deletes all its content and leaves a row for the sweep. That row says whose objects
 * must still be deleted, and holds the deliveries of the erasure event.
 */
import { and, asc, eq, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import type { Subscription } from '../../core/event.ts'
import { erasureWaitMs, tombstoneKeptMs } from '../../core/schedule.ts'
import { abortUnless, isAborted } from '../abort-unless.ts'
import type { Database } from '../database.ts'
import { type DeliveryDraft, insertDelivery, selectPending } from '../deliveries/claim.ts'
import { readSubscription, selectSubscriptions } from '../deliveries/endpoints.ts'
import { assets, deliveries, events, jobs, outputs, tasks, webhooks } from '../schema.ts'
import { type Job, readRow } from './jobs.ts'
import { type Output, readOutput, selectOutputs } from './outputs.ts'

/** A job with what its erasure event needs. */
export interface ErasableJob {
  job: Job
  outputs: Output[]
  /** The endpoints that may receive the event, besides the job's own caller. */
  subscriptions: Subscription[]
  hasPendingDelivery: boolean
}

/** Null: there is none, or it is erased already. */
export async function findErasable(db: Database, id: string): Promise<ErasableJob | null> {
  const [[row], outputRows, subscriptions, pending] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, id), isNull(jobs.erasedAt))),
    selectOutputs(db, id),
    selectSubscriptions(db),
    selectPending(db, id),
  ])
  if (row === undefined) return null
  return {
    job: readRow(row),
    outputs: outputRows.map(readOutput),
    subscriptions: subscriptions.map(readSubscription),
    hasPendingDelivery: pending.length > 0,
  }
}

export interface ErasureCommit {
  jobId: string
  /** Whether the deliveries that have not ended prevent the erasure, or are deleted with the job. */
  pendingDeliveries: 'wait' | 'discard'
  /** The deliveries of the erasure event. */
  deliveries: DeliveryDraft[]
}

/** False: it was erased meanwhile, or a delivery became pending that must end first. */
// Running this twice is harmless: the second time the job is erased already, and nothing is written.
export async function commitErasure(
  db: Database,
  { jobId, pendingDeliveries, deliveries: drafts }: ErasureCommit,
  nowMs: number,
): Promise<boolean> {
  const isThere = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${jobId}
    AND ${jobs.settledAt} IS NOT NULL AND ${jobs.erasedAt} IS NULL)`
  const mayBeErased =
    pendingDeliveries === 'discard' ? isThere : sql`${isThere} AND NOT ${hasDelivery(jobId, isPending)}`
  try {
    await db.batch([
      abortUnless(db, 'not_erasable', mayBeErased),
      ...[deliveries, events, webhooks, tasks, outputs, assets].map((table) =>
        db.delete(table).where(eq(table.jobId, jobId)),
      ),
      db
        .update(jobs)
        .set({ ...emptied, erasedAt: nowMs, eraseAt: nowMs })
        .where(eq(jobs.id, jobId)),
      ...drafts.map((delivery) => insertDelivery(db, jobId, delivery, nowMs)),
    ])
    return true
  } catch (error) {
    if (isAborted(error, 'not_erasable')) return false
    throw error
  }
}

const emptied = {
  request: '{}',
  warnings: '[]',
  estimates: '{}',
  fault: null,
  idempotencyKey: null,
  idempotencyHash: null,
  retryOf: null,
}

/**
 * After the objects of an erased job are deleted: deletes its row, unless deliveries of the erasure event are left.
 * Such a row is deleted once they have ended and `tombstoneKeptMs` has passed.
 */
// Running this twice is harmless: it decides by the rows that are left.
export async function finishErasure(db: Database, id: string, nowMs: number): Promise<void> {
  const isErased = and(eq(jobs.id, id), isNotNull(jobs.erasedAt))
  const isExpired = sql`${jobs.erasedAt} <= ${nowMs - tombstoneKeptMs} AND NOT ${hasDelivery(id, isPending)}`
  await db.batch([
    db.delete(jobs).where(and(isErased, sql`(NOT ${hasDelivery(id)} OR ${isExpired})`)),
    db
      .update(jobs)
      .set({ eraseAt: sql`max(${jobs.erasedAt} + ${tombstoneKeptMs}, ${nowMs + erasureWaitMs})` })
      .where(isErased),
  ])
}

/** Jobs whose erasure is due, and erased jobs whose row is due to be looked at, oldest first. */
export async function dueErasures(db: Database, nowMs: number, limit: number) {
  return db
    .select({ id: jobs.id, erasedAt: jobs.erasedAt })
    .from(jobs)
    .where(and(isNotNull(jobs.eraseAt), lte(jobs.eraseAt, nowMs)))
    .orderBy(asc(jobs.eraseAt))
    .limit(limit)
}

/** Postpones an erasure that cannot happen yet, so that it does not hold up others. */
export async function deferErasure(db: Database, id: string, nowMs: number): Promise<void> {
  await db
    .update(jobs)
    .set({ eraseAt: nowMs + erasureWaitMs })
    .where(and(eq(jobs.id, id), isNotNull(jobs.eraseAt)))
}

const isPending = sql`AND ${deliveries.status} = 'pending'`

function hasDelivery(jobId: string, also: SQL = sql``): SQL {
  return sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.jobId} = ${jobId} ${also})`
}
