/** The progress of the nightly export: one row of the control database. And the jobs that it goes through. */
import { and, asc, eq, gte, lt } from 'drizzle-orm'
import { z } from 'zod'
import { readStored } from '../../core/http/json.ts'
import type { Database } from '../database.ts'
import { jobs, reconciliations } from '../schema.ts'

const isNightly = eq(reconciliations.name, 'nightly export')

const partSchema = z.object({ key: z.string(), rows: z.int(), bytes: z.int(), sha256: z.string() })

export type Part = z.infer<typeof partSchema>

const nightSchema = z.object({
  /** When the day begins. */
  dayAt: z.int(),
  /** No job of the day has a smaller id. */
  from: z.string(),
  /** The smallest id of a job of a later day, of those seen so far. */
  later: z.string().nullable(),
  shard: z.int(),
  /** Where its next page begins. Null: at `from`. */
  next: z.string().nullable(),
  parts: z.array(partSchema),
})

/** The day that is exported next, and what is done of it. */
export type Night = z.infer<typeof nightSchema>

interface ClaimedNight {
  night: Night
  /** When the claim ends. It is the token of the claim as well. */
  untilMs: number
}

/** `first`: of the first export. Null: not due, or claimed by another cron. Reads one row. */
// Running this twice is harmless: the second finds it not due, and the claim ends unused.
export async function claimNight(
  db: Database,
  first: Night,
  { untilMs, nowMs }: { untilMs: number; nowMs: number },
): Promise<ClaimedNight | null> {
  const [row] = await db.select().from(reconciliations).where(isNightly)
  if (row !== undefined && row.dueAt > nowMs) return null
  const [claimed] =
    row === undefined
      ? await db
          .insert(reconciliations)
          .values({ name: 'nightly export', dueAt: untilMs, counts: JSON.stringify(first) })
          .onConflictDoNothing()
          .returning()
      : await db
          .update(reconciliations)
          .set({ dueAt: untilMs })
          .where(and(isNightly, eq(reconciliations.dueAt, row.dueAt)))
          .returning()
  return claimed === undefined ? null : { night: readStored(nightSchema, claimed.counts) ?? first, untilMs }
}

/** Only the holder of the claim writes. */
export async function saveNight(
  db: Database,
  { untilMs }: ClaimedNight,
  { night, dueAt }: { night: Night; dueAt: number },
): Promise<void> {
  await db
    .update(reconciliations)
    .set({ dueAt, counts: JSON.stringify(night) })
    .where(and(isNightly, eq(reconciliations.dueAt, untilMs)))
}

/** When the day begins that is exported next. Null: there was no export yet. */
export async function nextDayOf(db: Database): Promise<number | null> {
  const [row] = await db.select({ counts: reconciliations.counts }).from(reconciliations).where(isNightly)
  return readStored(nightSchema, row?.counts ?? null)?.dayAt ?? null
}

/** By id, erased ones included. */
export function jobsBetween(db: Database, { from, until }: { from: string; until: string }, limit: number) {
  return db
    .select({ id: jobs.id, settledAt: jobs.settledAt, erasedAt: jobs.erasedAt })
    .from(jobs)
    .where(and(gte(jobs.id, from), lt(jobs.id, until)))
    .orderBy(asc(jobs.id))
    .limit(limit)
}
