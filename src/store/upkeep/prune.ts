/**
 * Pruning: deletes the details of jobs that ended long ago. It goes through the jobs in the order of their ids, which sort
 * by time, and remembers how far it came, so no index is needed and a look that finds nothing reads next to nothing. A job
 * that it passes and may not prune yet is listed in `postponed_prunes`.
 */
import { and, asc, gt, isNull, lt, lte, type SQL, sql } from 'drizzle-orm'
import { firstIdAt } from '../../core/id.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { hasLateCheck } from '../late/late-checks.ts'
import {
  attempts,
  deliveries,
  events,
  jobs,
  postponedPrunes,
  pruneProgress,
  tasks,
  webhooks,
} from '../schema.ts'

/** Most jobs end within that time. One that takes longer, and is passed before its turn, is postponed. */
const usualDurationMs = 60 * 60 * 1_000

export interface Candidates {
  /** Those that pruning has not passed yet. */
  next: string[]
  /** Postponed ones that may be pruned now, and pruned ones whose timeline has got a further entry. */
  again: string[]
}

/** Jobs that ended at `endedBy` or earlier, the oldest first, and those that must be postponed; `limit` of each kind. */
export async function pruneCandidates(db: Database, endedBy: number, limit: number): Promise<Candidates> {
  const isPrunableJob = (id: SQL) =>
    sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${id} AND ${isPrunable(endedBy)})`
  const [next, postponed, late] = await db.batch([
    db
      .select({ id: jobs.id })
      .from(jobs)
      .where(and(gt(jobs.id, passed), lt(jobs.id, firstIdAt('job', endedBy - usualDurationMs))))
      .orderBy(asc(jobs.id))
      .limit(limit),
    db
      .select({ id: postponedPrunes.jobId })
      .from(postponedPrunes)
      .where(isPrunableJob(sql`${postponedPrunes.jobId}`))
      .limit(limit),
    db
      .selectDistinct({ id: events.jobId })
      .from(events)
      .where(and(lte(events.jobId, passed), isPrunableJob(sql`${events.jobId}`)))
      .limit(limit),
  ])
  return { next: next.map(({ id }) => id), again: [...postponed, ...late].map(({ id }) => id) }
}

/**
 * Keeps the jobs with their tasks, outputs, and a row for each delivery. Returns how many were pruned; the others are
 * postponed.
 */
// Idempotent: the second time there is nothing to delete.
export async function pruneJobs(
  db: Database,
  { next, again }: Candidates,
  { endedBy, nowMs }: { endedBy: number; nowMs: number },
): Promise<number> {
  const chosen = among(jobs.id, [...next, ...again])
  // A redelivery may have begun meanwhile. Once `pruned_at` is set, none begins.
  const pruned = sql`(SELECT ${jobs.id} FROM ${jobs} WHERE ${chosen} AND ${isPrunable(endedBy)})`
  const ofPruned = sql`(SELECT ${deliveries.id} FROM ${deliveries} WHERE ${deliveries.jobId} IN ${pruned})`
  const last = next.at(-1)
  const [, , , , , , marked] = await db.batch([
    db.delete(events).where(sql`${events.jobId} IN ${pruned}`),
    db.delete(webhooks).where(sql`${webhooks.jobId} IN ${pruned}`),
    db.delete(attempts).where(sql`${attempts.deliveryId} IN ${ofPruned}`),
    db
      .update(tasks)
      .set(withoutAnswers)
      .where(sql`${tasks.jobId} IN ${pruned} AND ${tasks.answers} IS NOT NULL`),
    db.update(deliveries).set(withoutContent).where(sql`${deliveries.jobId} IN ${pruned}`),
    db.delete(postponedPrunes).where(sql`${postponedPrunes.jobId} IN ${pruned}`),
    // From here on the rows grow. In a full database the pages that were just freed make room.
    db
      .update(jobs)
      .set({ prunedAt: nowMs })
      .where(sql`${jobs.id} IN ${pruned} AND ${jobs.prunedAt} IS NULL`)
      .returning({ id: jobs.id }),
    postpone(db, and(chosen, isNull(jobs.erasedAt), sql`${jobs.id} NOT IN ${pruned}`)),
    ...(last === undefined ? [] : [passJob(db, last)]),
  ])
  return marked.length
}

function postpone(db: Database, which: SQL | undefined) {
  return db
    .insert(postponedPrunes)
    .select(db.select({ jobId: jobs.id }).from(jobs).where(which))
    .onConflictDoNothing()
}

// Two rounds at once may pass the same jobs: the progress never goes back.
function passJob(db: Database, id: string) {
  const furthest = sql`max(${pruneProgress.jobId}, excluded.job_id)`
  return db
    .insert(pruneProgress)
    .values({ name: progressName, jobId: id })
    .onConflictDoUpdate({ target: pruneProgress.name, set: { jobId: furthest } })
}

const progressName = 'prune'

const passed = sql`coalesce((SELECT ${pruneProgress.jobId} FROM ${pruneProgress}), '')`

function isPrunable(endedBy: number): SQL {
  return sql`${jobs.settledAt} <= ${endedBy} AND ${jobs.erasedAt} IS NULL AND NOT ${hasLateCheck(jobs.id)} AND NOT EXISTS (SELECT 1 FROM ${deliveries}
    WHERE ${deliveries.jobId} = ${jobs.id} AND ${deliveries.status} = 'pending')`
}

/** A row whose key is set, even to what it was, is deleted and inserted again: only that merges the pages. */
const withoutAnswers = { answers: null, n: sql`${tasks.n}` }

/** The body of a delivery, and its latest attempt, are in its row. */
const withoutContent = {
  body: null,
  lastStartedAt: null,
  lastDurationMs: null,
  lastStatus: null,
  lastError: null,
  lastResponseHeaders: null,
  lastResponseBody: null,
}
