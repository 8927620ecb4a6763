/** A claim of a late check: a lease on its row, and all rows of its job, in one round trip. */
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import { leaseMs } from '../../core/schedule/jobs.ts'
import { abortUnless } from '../abort-unless.ts'
import type { Database } from '../database.ts'
import { type Claim, needsRenewal } from '../jobs/claim.ts'
import { type Job, readRow } from '../jobs/jobs.ts'
import { readOutput, selectOutputs } from '../jobs/outputs.ts'
import { readTask, selectTasks } from '../jobs/tasks.ts'
import { selectWebhooks } from '../jobs/webhooks.ts'
import { jobs, lateChecks } from '../schema.ts'
import { isLateCheckClaimable } from './late-checks.ts'

export type LateClaim = Pick<Claim, 'tasks' | 'outputs' | 'webhooks'> & {
  job: Job & { settledAt: number }
  lease: string
  leasedUntil: number
  /** The last holder never released it: that check crashed, or was too slow. */
  isTakenOver: boolean
}

/** Null: the check is over, not due, or another worker has it. */
// Idempotent: a second claim finds the row leased and changes nothing. With the same lease it reads its own claim.
export async function claimLateCheck(
  db: Database,
  jobId: string,
  lease: string,
  nowMs: number,
): Promise<LateClaim | null> {
  const isCheck = eq(lateChecks.jobId, jobId)
  const leasedUntil = nowMs + leaseMs
  const [[before], , [held], [row], taskRows, outputRows, webhooks] = await db.batch([
    db.select({ lease: lateChecks.lease }).from(lateChecks).where(isCheck),
    db
      .update(lateChecks)
      .set({ lease, leasedUntil, wokenAt: null })
      .where(and(isCheck, isLateCheckClaimable(nowMs))),
    db
      .select({ leasedUntil: lateChecks.leasedUntil })
      .from(lateChecks)
      .where(and(isCheck, eq(lateChecks.lease, lease))),
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, jobId), isNull(jobs.erasedAt))),
    selectTasks(db, jobId),
    selectOutputs(db, jobId),
    selectWebhooks(db, sql<string>`${jobId}`, sql`1`),
  ])
  const job = row === undefined ? null : readRow(row)
  if (held === undefined || job === null || job.settledAt === null) return null
  return {
    job,
    tasks: taskRows.map(readTask),
    outputs: outputRows.map(readOutput),
    webhooks: webhooks.toReversed(),
    lease,
    leasedUntil: held.leasedUntil ?? leasedUntil,
    isTakenOver: typeof before?.lease === 'string' && before.lease !== lease,
  }
}

/** During a copy. Returns when the lease ends then. Throws when the lease was lost. */
export async function renewLateLease(db: Database, claim: LateClaim, nowMs: number): Promise<number> {
  if (!needsRenewal(claim, nowMs)) return claim.leasedUntil
  const leasedUntil = nowMs + leaseMs
  await db.batch([
    abortUnlessHeld(db, claim),
    db.update(lateChecks).set({ leasedUntil }).where(eq(lateChecks.jobId, claim.job.id)),
  ])
  return leasedUntil
}

/** When every holder is gone: the checks are due at their own time. */
export async function releaseLateLeases(db: Database): Promise<void> {
  await db.update(lateChecks).set({ lease: null, leasedUntil: null }).where(isNotNull(lateChecks.lease))
}

/** The first statement of every commit: it aborts the batch when the check is over, or another worker holds it. */
export function abortUnlessHeld(db: Database, { job, lease }: LateClaim) {
  const isHeld = sql`EXISTS (SELECT 1 FROM ${lateChecks} WHERE ${lateChecks.jobId} = ${job.id} AND ${lateChecks.lease} = ${lease})`
  return abortUnless(db, 'lease_lost', isHeld)
}
