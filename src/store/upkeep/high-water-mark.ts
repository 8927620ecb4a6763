/** The high-water mark of a database (core/restoration.ts): one row, in which a restoration is noted too. */
import { eq, sql } from 'drizzle-orm'
import { readStored } from '../../core/http/json.ts'
import {
  type HighWaterMark,
  highWaterMarkSchema,
  raiseEveryMs,
  restorationSchema,
} from '../../core/restoration.ts'
import type { Database } from '../database.ts'
import { reconciliations } from '../schema.ts'

const name = 'high-water mark'

/** The mark as JSON, for a statement that reads something else too. Null: the database has none yet. */
export const markColumn = sql<string | null>`(
  SELECT json_object('at', due_at, 'restored', json(last)) FROM reconciliations WHERE name = ${sql.raw(`'${name}'`)}
)`

export function readMark(text: string | null | undefined): HighWaterMark | null {
  return readStored(highWaterMarkSchema, text ?? null) ?? null
}

export async function markOf(db: Database): Promise<HighWaterMark | null> {
  const [row] = await db.select({ mark: markColumn.as('mark') }).from(sql`(SELECT 1)`)
  return readMark(row?.mark)
}

/**
 * Raises the mark, and notes a restoration if it is lower than the one that R2 has. `isRaised`: R2 needs the new one. The
 * mark is raised here before it is raised in R2, so without a restoration R2 never has a higher one.
 */
// Running this twice is harmless: the second run finds the mark raised.
export async function raiseMark(
  db: Database,
  inR2: number | null,
  nowMs: number,
): Promise<{ mark: HighWaterMark | null; isRaised: boolean }> {
  const { dueAt, last } = reconciliations
  const [raised, [row]] = await db.batch([
    db
      .insert(reconciliations)
      .values({ name, dueAt: nowMs, counts: '{}', last: firstRestoration(inR2, nowMs) })
      .onConflictDoUpdate({
        target: reconciliations.name,
        set: {
          dueAt: sql`max(${dueAt}, ${nowMs})`,
          last: sql`iif(${dueAt} < ${inR2}, json_object('to', ${dueAt}, 'before', ${inR2}, 'noticedAt', ${nowMs}), ${last})`,
        },
        setWhere: sql`${dueAt} < ${nowMs - raiseEveryMs} OR ${dueAt} < ${inR2}`,
      })
      .returning({ name: reconciliations.name }),
    db.select({ at: dueAt, restored: last }).from(reconciliations).where(eq(reconciliations.name, name)),
  ])
  const mark = row && { at: row.at, restored: readStored(restorationSchema, row.restored) ?? null }
  return { mark: mark ?? null, isRaised: raised.length > 0 }
}

/** R2 has a mark, and the database has none: it is a copy from before there were marks. */
function firstRestoration(inR2: number | null, nowMs: number): string | null {
  return inR2 === null ? null : JSON.stringify({ to: null, before: inR2, noticedAt: nowMs })
}
