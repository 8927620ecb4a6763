/**
 * A statement that aborts its whole batch, under a name of its own, when a condition does not hold.
 *
 * A batch is atomic and ends at its first error, but SQLite raises no error of our choice outside a trigger. The table
 * `aborts` refuses every row by the CHECK constraint that the row names, so the error carries that name.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, reasonOf } from './database.ts'
import { type AbortReason, aborts } from './schema.ts'

/** Writes nothing. Fails the batch with `reason` unless the condition holds. */
export function abortUnless(db: Database, reason: AbortReason, condition: SQL) {
  return db.insert(aborts).select(sql`SELECT ${reason} WHERE NOT (${condition})`)
}

/** True for the error of a batch that was aborted for this reason: nothing was written. */
export function isAborted(error: unknown, reason: AbortReason): boolean {
  return reasonOf(error).includes(`CHECK constraint failed: ${reason}`)
}
