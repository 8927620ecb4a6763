/** The commit of one step of a late check: what it learned and stored, its event, and when the check is due again. */
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { DueExport } from '../../core/export.ts'
import type { Entry } from '../../core/job/made-entries.ts'
import { leaseMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { insertEventsAndDeliveries } from '../deliveries/insert-events.ts'
import { insertEvent } from '../events.ts'
import { insertExports } from '../exports/exports.ts'
import { insertOutputHost } from '../jobs/output-hosts.ts'
import { saveOutput } from '../jobs/outputs.ts'
import type { Changes } from '../jobs/step.ts'
import { saveTask } from '../jobs/tasks.ts'
import { lateChecks } from '../schema.ts'
import { abortUnlessHeld, type LateClaim } from './claim.ts'

export type LateChanges = Pick<Changes, 'tasks' | 'outputs' | 'hosts' | 'events' | 'deliveries'> & {
  /** The ends of tasks at their job's deadline, which the rows do not show any more. */
  earlierEnds: Entry[]
}

/** `now`: the next step follows under the same lease. `over`: nothing more can come, unless something came meanwhile. */
export type LateNext = 'now' | 'over' | { waitMs: number }

/** Returns when the lease ends, when the check is due again, or that it is over. The job's own row never changes. */
// Idempotent: a second run either finds the lease lost, and the whole batch aborts, or it writes the same rows.
export async function commitLate(
  db: Database,
  claim: LateClaim,
  step: LateChanges & { next: LateNext; exports: readonly DueExport[] },
  nowMs: number,
): Promise<number | 'over'> {
  const { job, tasks } = claim
  const results = await db.batch([
    abortUnlessHeld(db, claim),
    ...step.tasks.map((task) =>
      saveTask(
        db,
        task,
        tasks.find(({ n }) => n === task.n),
      ),
    ),
    ...step.outputs.map((output) => saveOutput(db, output)),
    ...insertExports(db, step.exports, nowMs),
    ...step.hosts.map((host) => insertOutputHost(db, host)),
    ...step.earlierEnds.map((entry) => insertEvent(db, job.id, entry)),
    ...insertEventsAndDeliveries(db, job, step, nowMs),
    ...(step.next === 'over' ? [closeUnlessWoken(db, job.id)] : []),
    hold(db, job.id, step.next, nowMs),
  ])
  const held = results.at(-1)
  const [row] = Array.isArray(held) ? held : []
  return row !== undefined && 'at' in row && typeof row.at === 'number' ? row.at : 'over'
}

function closeUnlessWoken(db: Database, jobId: string) {
  return db.delete(lateChecks).where(and(eq(lateChecks.jobId, jobId), isNull(lateChecks.wokenAt)))
}

function hold(db: Database, jobId: string, next: LateNext, nowMs: number) {
  const isCheck = eq(lateChecks.jobId, jobId)
  if (next === 'now') {
    return db
      .update(lateChecks)
      .set({ leasedUntil: nowMs + leaseMs })
      .where(isCheck)
      .returning({ at: lateChecks.leasedUntil })
  }
  const waitMs = next === 'over' ? 0 : next.waitMs
  // A webhook or an upload during the check makes it due at once.
  const dueAt = sql`CASE WHEN ${lateChecks.wokenAt} IS NULL THEN ${nowMs + waitMs} ELSE ${nowMs} END`
  return db
    .update(lateChecks)
    .set({ lease: null, leasedUntil: null, dueAt })
    .where(isCheck)
    .returning({ at: lateChecks.dueAt })
}
