/** Claiming an export for one attempt, and the end of the claim. */
import { and, eq, gt, isNotNull, lte, sql } from 'drizzle-orm'
import type { DueExport, OutputExport } from '../../core/export.ts'
import { exportLeaseMs, maxExportsAtOnce } from '../../core/schedule/jobs.ts'
import { abortUnless } from '../abort-unless.ts'
import type { Database } from '../database.ts'
import type { DeliveryDraft } from '../deliveries/claim.ts'
import { insertEventsAndDeliveries } from '../deliveries/insert-events.ts'
import type { EventDraft } from '../events.ts'
import { type Job, readRow } from '../jobs/jobs.ts'
import { type Output, readOutput, type StoredOutput, selectOutputs } from '../jobs/outputs.ts'
import { readTask, selectTasks, type Task } from '../jobs/tasks.ts'
import { jobs, outputExports } from '../schema.ts'

/** With everything that its event shows. */
export interface ClaimedExport {
  lease: string
  attempts: number
  job: Job
  tasks: Task[]
  outputs: (Output & { export?: OutputExport | undefined })[]
  output: StoredOutput
}

/** Null: it is not due, another attempt has it, too many others are under way, or there is nothing to copy. */
// Idempotent: a second claim finds the row not due and changes nothing. With the same lease it reads its own claim.
export async function claimExport(
  db: Database,
  { jobId, n }: DueExport,
  lease: string,
  nowMs: number,
): Promise<ClaimedExport | null> {
  const [, exportRows, [jobRow], taskRows, outputRows] = await db.batch([
    db
      .update(outputExports)
      .set({ lease, dueAt: nowMs + exportLeaseMs })
      .where(and(isExport({ jobId, n }), lte(outputExports.dueAt, nowMs), hasFreePlace(db, nowMs))),
    db.select().from(outputExports).where(eq(outputExports.jobId, jobId)),
    db.select().from(jobs).where(eq(jobs.id, jobId)),
    selectTasks(db, jobId),
    selectOutputs(db, jobId),
  ])
  const claimed = exportRows.find((row) => row.n === n)
  const all = outputRows.map(readOutput)
  const output = all.find((one) => one.n === n)
  if (claimed?.lease !== lease || jobRow === undefined || output?.status !== 'stored') return null
  return {
    lease,
    attempts: claimed.attempts,
    job: readRow(jobRow),
    tasks: taskRows.map(readTask),
    outputs: all.map((one) => ({ ...one, export: exportRows.find((row) => row.n === one.n) })),
    output,
  }
}

/** Fails with a lost lease if another attempt has it, or the job was erased meanwhile. */
export async function commitExport(
  db: Database,
  { job, output, lease }: Pick<ClaimedExport, 'job' | 'output' | 'lease'>,
  after: { row: OutputExport & { dueAt: number | null }; events: EventDraft[]; deliveries: DeliveryDraft[] },
  nowMs: number,
): Promise<void> {
  const claimed = isExport(output)
  const isHeld = sql`EXISTS (SELECT 1 FROM ${outputExports} WHERE ${claimed} AND ${outputExports.lease} = ${lease})`
  await db.batch([
    abortUnless(db, 'lease_lost', isHeld),
    db
      .update(outputExports)
      .set({ ...after.row, lease: null })
      .where(claimed),
    ...insertEventsAndDeliveries(db, job, after, nowMs),
  ])
}

/** When every holder is gone: what they had claimed is due at once. */
export async function releaseExportLeases(db: Database, nowMs: number): Promise<void> {
  await db.update(outputExports).set({ lease: null, dueAt: nowMs }).where(isNotNull(outputExports.lease))
}

/** Counted in the claim itself, so that claims at the same moment keep to it. A lease that has ended counts no longer. */
function hasFreePlace(db: Database, nowMs: number) {
  const held = db
    .select({ one: sql`1` })
    .from(outputExports)
    .where(and(isNotNull(outputExports.lease), gt(outputExports.dueAt, nowMs)))
    .limit(maxExportsAtOnce)
  return sql`(SELECT count(*) FROM ${held}) < ${maxExportsAtOnce}`
}

function isExport({ jobId, n }: DueExport) {
  return and(eq(outputExports.jobId, jobId), eq(outputExports.n, n))
}
