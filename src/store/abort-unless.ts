/** A statement that fails the whole batch it stands in when its condition does not hold. */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, reasonOf } from './database.ts'

// A batch is atomic and ends at its first error, but SQLite has no way to raise one outside a trigger. Parsing
// what is not JSON does it, writes nothing, and its message is known.
const unmet = 'not so'

export function abortUnless(db: Database, condition: SQL) {
  return db.select({ met: sql`CASE WHEN ${condition} THEN 1 ELSE json(${unmet}) END` }).from(sql`(SELECT 1)`)
}

/** True for the error of a batch whose condition did not hold: nothing was written. */
export function isUnmet(error: unknown): boolean {
  return reasonOf(error).includes('malformed JSON')
}
