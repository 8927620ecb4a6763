/**
 * Pruning: deletes the details of jobs that ended long ago. Rows are deleted whole and in their order in the table. Pages
 * are freed by that: SQLite merges the pages around a deleted row, but not those around an UPDATE that shortens a row.
 */
import { and, asc, lt, type SQL, sql } from 'drizzle-orm'
import { firstIdAt } from '../core/id.ts'
import { among } from './among.ts'
import type { Database } from './database.ts'
import { attempts, deliveries, events, jobs, webhooks } from './schema.ts'

/**
 * The jobs that ended at `endedBy` or earlier and have a timeline, oldest first, without those with a pending delivery. Ids
 * sort by time, so the first rows of the timelines belong to them: if there are none, one row is read.
 */
export async function prunableJobs(db: Database, endedBy: number, limit: number): Promise<string[]> {
  const isPrunable = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${events.jobId}
    AND ${jobs.settledAt} <= ${endedBy} AND ${jobs.erasedAt} IS NULL AND ${hasNoPendingDelivery})`
  // Not a join: SQLite would read the jobs first.
  const rows = await db
    .selectDistinct({ id: events.jobId })
    .from(events)
    .where(and(lt(events.jobId, firstIdAt('job', endedBy)), isPrunable))
    .orderBy(asc(events.jobId))
    .limit(limit)
  return rows.map(({ id }) => id)
}

/** Keeps the jobs with their tasks, outputs, and a row for each delivery. Returns the jobs that were pruned. */
// Idempotent: the second time there is nothing to delete.
export async function pruneJobs(db: Database, ids: string[], nowMs: number): Promise<string[]> {
  // A redelivery may have begun meanwhile. Once `pruned_at` is set, none begins.
  const isPrunable = and(among(jobs.id, ids), hasNoPendingDelivery)
  const pruned = sql`(SELECT ${jobs.id} FROM ${jobs} WHERE ${isPrunable})`
  const ofPruned = sql`(SELECT ${deliveries.id} FROM ${deliveries} WHERE ${deliveries.jobId} IN ${pruned})`
  const [, , , , marked] = await db.batch([
    db.delete(events).where(sql`${events.jobId} IN ${pruned}`),
    db.delete(webhooks).where(sql`${webhooks.jobId} IN ${pruned}`),
    db.delete(attempts).where(sql`${attempts.deliveryId} IN ${ofPruned}`),
    db.update(deliveries).set(withoutAttempt).where(sql`${deliveries.jobId} IN ${pruned}`),
    // Last: the rows grow by it, and in a full database the pages that were just freed make room.
    db
      .update(jobs)
      .set({ prunedAt: sql`coalesce(${jobs.prunedAt}, ${nowMs})` })
      .where(isPrunable)
      .returning({ id: jobs.id }),
  ])
  return marked.map(({ id }) => id)
}

/** The latest attempt of a delivery is in its row. */
const withoutAttempt = {
  lastStartedAt: null,
  lastDurationMs: null,
  lastStatus: null,
  lastError: null,
  lastResponseBody: null,
}

const hasNoPendingDelivery: SQL = sql`NOT EXISTS (SELECT 1 FROM ${deliveries}
  WHERE ${deliveries.jobId} = ${jobs.id} AND ${deliveries.status} = 'pending')`
