/** The progress of the daily comparison of the bucket with the tables: one row holds all of it. */
import { and, eq, lte } from 'drizzle-orm'
import { z } from 'zod'
import { readStored } from '../../core/http/json.ts'
import type { Database } from '../database.ts'
import { reconciliations } from '../schema.ts'

const name = 'storage'

const count = z.int().default(0)
const countsSchema = z.object({ objects: count, rows: count, removed: count, lost: count })

/** Objects and rows compared, objects removed because no row names them, rows whose object was found missing. */
export type ReconciliationCounts = z.infer<typeof countsSchema>

const lastSchema = countsSchema.extend({ finishedAt: z.int() })

export type LastReconciliation = z.infer<typeof lastSchema>

export interface Reconciliation {
  /** The part that is being compared. Null: a run begins. */
  phase: string | null
  cursor: string | null
  startedAt: number | null
  counts: ReconciliationCounts
  /** When the claim ends. It is the token of the claim as well. */
  dueAt: number
}

/** Null: not due, or claimed by another sweep. */
// Running this twice is harmless: the second finds it not due.
export async function claimReconciliation(
  db: Database,
  untilMs: number,
  nowMs: number,
): Promise<Reconciliation | null> {
  const isDue = and(eq(reconciliations.name, name), lte(reconciliations.dueAt, nowMs))
  // It is seldom due, and a SELECT reads half as many rows as an UPDATE that matches nothing.
  if ((await db.select({ name: reconciliations.name }).from(reconciliations).where(isDue)).length === 0)
    return null
  const [row] = await db.update(reconciliations).set({ dueAt: untilMs }).where(isDue).returning()
  return row === undefined
    ? null
    : { ...row, counts: readStored(countsSchema, row.counts) ?? countsSchema.parse({}) }
}

/** Stores where the run continues, or, at its end, its counts. Only the holder of the claim writes. */
export async function saveReconciliation(
  db: Database,
  claimed: Reconciliation,
  { counts, phase, cursor, startedAt, dueAt }: Reconciliation,
  finishedAt: number | null,
): Promise<void> {
  const last: LastReconciliation | null = finishedAt === null ? null : { ...counts, finishedAt }
  await db
    .update(reconciliations)
    .set({
      phase,
      cursor,
      startedAt,
      dueAt,
      counts: JSON.stringify(last === null ? counts : {}),
      ...(last !== null && { last: JSON.stringify(last) }),
    })
    .where(and(eq(reconciliations.name, name), eq(reconciliations.dueAt, claimed.dueAt)))
}

/** The last complete run. Null: none yet. */
export async function lastReconciliation(db: Database): Promise<LastReconciliation | null> {
  const [row] = await db
    .select({ last: reconciliations.last })
    .from(reconciliations)
    .where(eq(reconciliations.name, name))
  return row?.last == null ? null : (readStored(lastSchema, row.last) ?? null)
}
