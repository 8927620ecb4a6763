/**
 * Erasing a job. The first commit takes everything of it that is content, and leaves a row that is nobody's but the
 * sweep's: it says whose objects are still to be removed, and holds the deliveries that tell of the erasure.
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

/** A job as far as it is told of its erasure. */
export interface ErasableJob {
  job: Job
  outputs: Output[]
  /** Who may be told beside its own caller. */
  subscriptions: Subscription[]
  /** Somebody has still to be told something of it. */
  isTellingDue: boolean
}

/** Null: there is none, or it is erased already. */
export async function seeErasable(db: Database, id: string): Promise<ErasableJob | null> {
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
    isTellingDue: pending.length > 0,
  }
}

/** False: it has been erased meanwhile, or, where that is waited for, somebody is to be told of it again. */
// Running this twice is harmless: the second time it is erased already, and nothing is written.
export async function commitErasure(
  db: Database,
  { id, request, model }: Job,
  pendingDeliveries: 'wait' | 'discard',
  told: DeliveryDraft[],
  nowMs: number,
): Promise<boolean> {
  const isHere = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${id} AND ${jobs.settledAt} IS NOT NULL AND ${jobs.erasedAt} IS NULL)`
  const mayGo =
    pendingDeliveries === 'discard' ? isHere : sql`${isHere} AND NOT ${hasDelivery(id, isPending)}`
  const { retention_days } = request
  const emptied = {
    ...{ request: JSON.stringify({ model, retention_days }), warnings: '[]', estimates: '{}', fault: null },
    ...{ idempotencyKey: null, idempotencyHash: null, retryOf: null },
  }
  try {
    await db.batch([
      abortUnless(db, 'not_erasable', mayGo),
      ...[deliveries, events, webhooks, tasks, outputs, assets].map((table) =>
        db.delete(table).where(eq(table.jobId, id)),
      ),
      db
        .update(jobs)
        .set({ ...emptied, erasedAt: nowMs, eraseAt: nowMs })
        .where(eq(jobs.id, id)),
      ...told.map((delivery) => insertDelivery(db, id, delivery, nowMs)),
    ])
    return true
  } catch (error) {
    if (isAborted(error, 'not_erasable')) return false
    throw error
  }
}

/** Its objects are removed: the row goes, too, or once what is told of the erasure is over and can be read no more. */
// Running this twice is harmless: it decides by what is there.
export async function finishErasure(db: Database, id: string, nowMs: number): Promise<void> {
  const isErased = and(eq(jobs.id, id), isNotNull(jobs.erasedAt))
  const isForgotten = sql`${jobs.erasedAt} <= ${nowMs - tombstoneKeptMs} AND NOT ${hasDelivery(id, isPending)}`
  await db.batch([
    db.delete(jobs).where(and(isErased, sql`(NOT ${hasDelivery(id)} OR ${isForgotten})`)),
    db
      .update(jobs)
      .set({ eraseAt: sql`max(${jobs.erasedAt} + ${tombstoneKeptMs}, ${nowMs + erasureWaitMs})` })
      .where(isErased),
  ])
}

/** What is due to be erased, or, erased already, to be looked after: the longest due first. */
export async function dueErasures(db: Database, nowMs: number, limit: number) {
  return db
    .select({
      id: jobs.id,
      erasedAt: jobs.erasedAt,
      // Of those that are erased. A damaged request must not stop the others.
      retentionDays: sql<
        number | null
      >`CASE WHEN ${jobs.erasedAt} IS NOT NULL AND json_valid(${jobs.request}) THEN json_extract(${jobs.request}, '$.retention_days') END`,
    })
    .from(jobs)
    .where(and(isNotNull(jobs.eraseAt), lte(jobs.eraseAt, nowMs)))
    .orderBy(asc(jobs.eraseAt))
    .limit(limit)
}

/** Not now: it makes way for others. */
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
