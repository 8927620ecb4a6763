/** How far the bucket and the tables are compared with each other. One row; it is the only memory of a round. */
import { and, eq, lte } from 'drizzle-orm'
import { z } from 'zod'
import { readKept } from '../core/json.ts'
import type { Database } from './database.ts'
import { rounds } from './schema.ts'

const name = 'storage'

const count = z.int().default(0)
const foundSchema = z.object({ objects: count, rows: count, removed: count, lost: count })

/** How many objects and rows were looked at; objects that no row named, and rows whose object was newly missing. */
export type Found = z.infer<typeof foundSchema>

const lastSchema = foundSchema.extend({ finishedAt: z.int() })

export type LastRound = z.infer<typeof lastSchema>

export interface Round {
  /** What is looked through now. Null: a round begins. */
  place: string | null
  cursor: string | null
  startedAt: number | null
  found: Found
  /** When the claim ends: whoever holds it knows it by that. */
  dueAt: number
}

/** Null: it is not due, or somebody else is at it. */
// Running this twice is harmless: the second finds it not due.
export async function claimRound(db: Database, untilMs: number, nowMs: number): Promise<Round | null> {
  const isDue = and(eq(rounds.name, name), lte(rounds.dueAt, nowMs))
  // Asked first, since it seldom is, and a claim in vain reads twice as much.
  if ((await db.select({ name: rounds.name }).from(rounds).where(isDue)).length === 0) return null
  const [row] = await db.update(rounds).set({ dueAt: untilMs }).where(isDue).returning()
  return row === undefined
    ? null
    : { ...row, found: readKept(foundSchema, row.found) ?? foundSchema.parse({}) }
}

/** Where it goes on, or, finished, what the whole round found. Written only by who holds the claim. */
export async function saveRound(
  db: Database,
  claimed: Round,
  { found, place, cursor, startedAt, dueAt }: Round,
  finishedAt: number | null,
): Promise<void> {
  const last: LastRound | null = finishedAt === null ? null : { ...found, finishedAt }
  await db
    .update(rounds)
    .set({
      ...{ place, cursor, startedAt, dueAt },
      found: JSON.stringify(last === null ? found : {}),
      ...(last !== null && { last: JSON.stringify(last) }),
    })
    .where(and(eq(rounds.name, name), eq(rounds.dueAt, claimed.dueAt)))
}

/** The last whole round. Null: there was none yet. */
export async function lastRound(db: Database): Promise<LastRound | null> {
  const [row] = await db.select({ last: rounds.last }).from(rounds).where(eq(rounds.name, name))
  return row?.last == null ? null : (readKept(lastSchema, row.last) ?? null)
}
