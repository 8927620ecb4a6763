/**
 * Erasing jobs, several in one batch. The first commit deletes all their content and leaves a row of each for the sweep.
 * That row says whose objects must still be deleted, and holds the deliveries of the erasure event.
 */
import { and, asc, eq, inArray, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { erasedKeyKeptMs, erasureWaitMs, tombstoneKeptMs } from '../../core/schedule/jobs.ts'
import { abortUnless, isAborted } from '../abort-unless.ts'
import type { Database } from '../database.ts'
import { type DeliveryDraft, insertDelivery } from '../deliveries/claim.ts'
import { deleteMetadata } from '../metadata.ts'
import {
  assets,
  deliveries,
  events,
  jobs,
  lateChecks,
  outputExports,
  outputs,
  tasks,
  webhooks,
} from '../schema.ts'
import { insertPurgesOfJobs } from '../upkeep/purges.ts'
import { type Job, noIdempotencyKey, readRow } from './jobs.ts'
import { type Output, readOutput } from './outputs.ts'

/** A job with what its erasure event needs. */
export interface ErasableJob {
  job: Job
  outputs: Output[]
  hasPendingDelivery: boolean
}

/** Those of the jobs that exist and are not erased yet. */
export async function findErasable(db: Database, ids: string[]): Promise<ErasableJob[]> {
  const [rows, outputRows, pendingRows] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(and(inArray(jobs.id, ids), isNull(jobs.erasedAt))),
    db.select().from(outputs).where(inArray(outputs.jobId, ids)).orderBy(asc(outputs.jobId), asc(outputs.n)),
    db
      .select({ jobId: deliveries.jobId })
      .from(deliveries)
      .where(and(inArray(deliveries.jobId, ids), isPending)),
  ])
  const outputsOf = Map.groupBy(outputRows.map(readOutput), ({ jobId }) => jobId)
  const pending = new Set(pendingRows.map(({ jobId }) => jobId))
  return rows.map((row) => ({
    job: readRow(row),
    outputs: outputsOf.get(row.id) ?? [],
    hasPendingDelivery: pending.has(row.id),
  }))
}

export interface ErasureCommit {
  /** The deliveries of the erasure event, by job. */
  deliveries: ReadonlyMap<string, readonly DeliveryDraft[]>
  /** Whether the deliveries that have not ended prevent the erasure, or are deleted with their job. */
  pendingDeliveries: 'wait' | 'discard'
}

/** False, and nothing is erased: one of the jobs was erased meanwhile, or a delivery became pending that must end first. */
// Running this twice is harmless: the second time the jobs are erased already, and nothing is written.
export async function commitErasures(
  db: Database,
  { deliveries: drafts, pendingDeliveries }: ErasureCommit,
  nowMs: number,
): Promise<boolean> {
  const ids = [...drafts.keys()]
  const areThere = sql`(SELECT count(*) FROM ${jobs} WHERE ${inArray(jobs.id, ids)}
    AND ${jobs.settledAt} IS NOT NULL AND ${jobs.erasedAt} IS NULL) = ${ids.length}`
  const anyPending = sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${inArray(deliveries.jobId, ids)} AND ${isPending})`
  try {
    await db.batch([
      abortUnless(
        db,
        'not_erasable',
        pendingDeliveries === 'discard' ? areThere : sql`${areThere} AND NOT ${anyPending}`,
      ),
      // First what makes room: in a full database the inserts that follow would fail.
      ...[deliveries, events, webhooks, tasks, lateChecks].map((table) =>
        db.delete(table).where(inArray(table.jobId, ids)),
      ),
      deleteMetadata(db, ids),
      insertPurgesOfJobs(db, ids, nowMs),
      ...[outputExports, outputs, assets].map((table) => db.delete(table).where(inArray(table.jobId, ids))),
      db
        .update(jobs)
        .set({ ...emptied, erasedAt: nowMs, eraseAt: nowMs })
        .where(inArray(jobs.id, ids)),
      ...[...drafts].flatMap(([jobId, ofJob]) =>
        ofJob.map((delivery) => insertDelivery(db, jobId, delivery, nowMs)),
      ),
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
  retryOf: null,
}

/**
 * After the objects of erased jobs are deleted: deletes each row, unless something of it is still needed. Deliveries of the
 * erasure event need it until they have ended and `tombstoneKeptMs` has passed, an idempotency key for `erasedKeyKeptMs`.
 */
// Running this twice is harmless: it decides by the rows that are left.
export async function finishErasures(db: Database, ids: string[], nowMs: number): Promise<void> {
  const areErased = and(inArray(jobs.id, ids), isNotNull(jobs.erasedAt))
  const isExpired = sql`${jobs.erasedAt} <= ${nowMs - tombstoneKeptMs} AND NOT ${hasDelivery(isPending)}`
  const hasKey = isNotNull(jobs.idempotencyKey)
  await db.batch([
    db
      .update(jobs)
      .set(noIdempotencyKey)
      .where(and(areErased, hasKey, lte(jobs.erasedAt, nowMs - erasedKeyKeptMs))),
    db
      .delete(jobs)
      .where(and(areErased, isNull(jobs.idempotencyKey), sql`(NOT ${hasDelivery()} OR ${isExpired})`)),
    db
      .update(jobs)
      .set({
        eraseAt: sql`max(${jobs.erasedAt} + iif(${hasKey}, ${erasedKeyKeptMs}, ${tombstoneKeptMs}), ${nowMs + erasureWaitMs})`,
        callbackSecret: sql`iif(${hasDelivery()}, ${jobs.callbackSecret}, NULL)`,
        callbackHeaders: sql`iif(${hasDelivery()}, ${jobs.callbackHeaders}, NULL)`,
      })
      .where(areErased),
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

/** Postpones erasures that cannot happen yet, so that they do not hold up others. */
export async function deferErasures(db: Database, ids: string[], nowMs: number): Promise<void> {
  if (ids.length === 0) return
  await db
    .update(jobs)
    .set({ eraseAt: nowMs + erasureWaitMs })
    .where(and(inArray(jobs.id, ids), isNotNull(jobs.eraseAt)))
}

const isPending = eq(deliveries.status, 'pending')

function hasDelivery(also: SQL = sql`1`): SQL {
  return sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.jobId} = ${jobs.id} AND ${also})`
}
