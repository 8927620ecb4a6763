/** How far the bucket and the tables are compared with each other. One row; it is the only memory of a round. */
import { and, eq, lte } from 'drizzle-orm'
import { z } from 'zod'
import { readKept } from '../../core/http/json.ts'
import type { Database } from '../database.ts'
import { reconciliations } from '../schema.ts'

const name = 'storage'

const count = z.int().default(0)
const countsSchema = z.object({ objects: count, rows: count, removed: count, lost: count })

/** How many objects and rows were looked at; objects that no row named, and rows whose object was newly missing. */
export type ReconciliationCounts = z.infer<typeof countsSchema>

const lastSchema = countsSchema.extend({ finishedAt: z.int() })

export type LastReconciliation = z.infer<typeof lastSchema>

export interface Reconciliation {
  /** What is looked through now. Null: a round begins. */
  phase: string | null
  cursor: string | null
  startedAt: number | null
  counts: ReconciliationCounts
  /** When the claim ends: whoever holds it knows it by that. */
  dueAt: number
}

/** Null: it is not due, or somebody else is at it. */
// Running this twice is harmless: the second finds it not due.
export async function claimReconciliation(
  db: Database,
  untilMs: number,
  nowMs: number,
): Promise<Reconciliation | null> {
  const isDue = and(eq(reconciliations.name, name), lte(reconciliations.dueAt, nowMs))
  // Asked first, since it seldom is, and a claim in vain reads twice as much.
  if ((await db.select({ name: reconciliations.name }).from(reconciliations).where(isDue)).length === 0)
    return null
  const [row] = await db.update(reconciliations).set({ dueAt: untilMs }).where(isDue).returning()
  return row === undefined
    ? null
    : { ...row, counts: readKept(countsSchema, row.counts) ?? countsSchema.parse({}) }
}

/** Where it goes on, or, finished, what the whole round counts. Written only by who holds the claim. */
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
      ...{ phase, cursor, startedAt, dueAt },
      counts: JSON.stringify(last === null ? counts : {}),
      ...(last !== null && { last: JSON.stringify(last) }),
    })
    .where(and(eq(reconciliations.name, name), eq(reconciliations.dueAt, claimed.dueAt)))
}

/** The last whole round. Null: there was none yet. */
export async function lastReconciliation(db: Database): Promise<LastReconciliation | null> {
  const [row] = await db
    .select({ last: reconciliations.last })
    .from(reconciliations)
    .where(eq(reconciliations.name, name))
  return row?.last == null ? null : (readKept(lastSchema, row.last) ?? null)
}
