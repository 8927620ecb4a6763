/** Late checks: opened with the end of a job, and woken by time, a webhook or an upload. */
import { and, asc, eq, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import { lateFaults } from '../../core/job/late.ts'
import { lateQuestionAt } from '../../core/schedule/waits.ts'
import type { Database } from '../database.ts'
import { jobs, lateChecks, tasks } from '../schema.ts'

/** In the batch that ends the job. */
export function openLateCheck(db: Database, jobId: string, settledAt: number) {
  const dueAt = lateQuestionAt(settledAt, settledAt)
  return db.insert(lateChecks).values({ jobId, dueAt }).onConflictDoNothing()
}

/** Whether the job waits for late results. */
export function hasLateCheck(jobId: typeof jobs.id | string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${lateChecks} WHERE ${lateChecks.jobId} = ${jobId})`
}

/** Whether the task may bring a late result, as `awaitsLateResult` says, or has just brought one. */
export const mayBeLate = sql`${hasLateCheck(jobs.id)} AND (${tasks.status} = 'succeeded' OR ${tasks.status} = 'failed'
  AND json_extract(${tasks.fault}, '$.code') IN (${sql.join(
    lateFaults.map((code) => sql`${code}`),
    sql`, `,
  )}))`

/** Makes the check due now, or as soon as the check that holds the row releases it. */
export function wakeLateCheck(
  db: Database,
  jobId: string | SQL<string>,
  nowMs: number | SQL<number>,
  onlyIf: SQL,
) {
  return db
    .update(lateChecks)
    .set({ wokenAt: nowMs, dueAt: sql`min(${lateChecks.dueAt}, ${nowMs})` })
    .where(and(eq(lateChecks.jobId, jobId), onlyIf))
}

/** When a check may be claimed: when it is due, or when the lease of the one that holds the row ends. */
export const isLateCheckClaimable = (nowMs: number) =>
  and(lte(lateChecks.dueAt, nowMs), or(isNull(lateChecks.leasedUntil), lte(lateChecks.leasedUntil, nowMs)))

/** The jobs whose check may be claimed, the longest due first. */
export async function overdueLateChecks(db: Database, nowMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: lateChecks.jobId })
    .from(lateChecks)
    .where(isLateCheckClaimable(nowMs))
    .orderBy(asc(lateChecks.dueAt))
    .limit(limit)
  return rows.map(({ id }) => id)
}

export async function isLateCheckOpen(db: Database, jobId: string): Promise<boolean> {
  const rows = await db.select({ id: lateChecks.jobId }).from(lateChecks).where(eq(lateChecks.jobId, jobId))
  return rows.length > 0
}
