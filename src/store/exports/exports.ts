/** The exports table: inserting the exports of stored outputs, finding those that are due, and showing them. */
import { and, asc, getTableColumns, inArray, isNotNull, lte } from 'drizzle-orm'
import type { DueExport, OutputExport } from '../../core/export.ts'
import type { Database } from '../database.ts'
import { emptyRow, prepared, valuesOf } from '../prepared.ts'
import { outputExports } from '../schema.ts'

/** In the batch that stores the outputs. */
// A repeat finds its own row. So does an output that is stored again: its export stays as it is.
export function insertExports(db: Database, outputs: readonly DueExport[], nowMs: number) {
  return outputs.map(({ jobId, n }) =>
    insert(db, { ...emptyRow(columns), jobId, n, status: 'pending', attempts: 0, dueAt: nowMs }),
  )
}

const columns = getTableColumns(outputExports)
const insert = prepared((db) => db.insert(outputExports).values(valuesOf(columns)).onConflictDoNothing())

export async function overdueExports(db: Database, nowMs: number, limit: number): Promise<DueExport[]> {
  return db
    .select({ jobId: outputExports.jobId, n: outputExports.n })
    .from(outputExports)
    .where(and(isNotNull(outputExports.dueAt), lte(outputExports.dueAt, nowMs)))
    .orderBy(asc(outputExports.dueAt))
    .limit(limit)
}

/** The exports of each job, by the numbers of the outputs. */
export async function exportsOfAll(
  db: Database,
  jobIds: string[],
): Promise<Map<string, Map<number, OutputExport>>> {
  if (jobIds.length === 0) return new Map()
  const rows = await db.select().from(outputExports).where(inArray(outputExports.jobId, jobIds))
  const byJob = Map.groupBy(rows, ({ jobId }) => jobId)
  return new Map([...byJob].map(([jobId, ofJob]) => [jobId, new Map(ofJob.map((row) => [row.n, row]))]))
}
