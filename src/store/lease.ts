/** The first statement of every commit: it fails the whole batch when the lease is no longer ours. */
import { sql } from 'drizzle-orm'
import { abortUnless, isUnmet } from './abort-unless.ts'
import { type Database, reasonOf } from './database.ts'
import type { deliveries, jobs } from './schema.ts'

export function abortUnlessLeased(
  db: Database,
  table: typeof jobs | typeof deliveries,
  holder: { id: string; lease: string },
) {
  const held = sql`SELECT 1 FROM ${table} WHERE ${table.id} = ${holder.id} AND ${table.lease} = ${holder.lease}`
  return abortUnless(db, sql`EXISTS (${held})`)
}

/** True for the error of a batch whose lease was lost: another has the row, and nothing was written. */
export function isLeaseLost(error: unknown): boolean {
  return isUnmet(error)
}

/** What was to be written contradicts what is there, and will each time. */
function isConstraintBroken(error: unknown): boolean {
  return /\bconstraint failed\b/.test(reasonOf(error))
}

// D1's troubles pass within seconds, most of them.
const waitsMs = [100, 500, 2_000]

/**
 * Writes what must not get lost, because money was paid for it or a caller has heard it: tried again while D1 is in
 * trouble. Only for a batch that requires its lease and may run twice, for D1 may have written and not said so.
 */
export async function withRetries<T>(write: () => Promise<T>): Promise<T> {
  for (const waitMs of waitsMs) {
    try {
      return await write()
    } catch (error) {
      if (isLeaseLost(error) || isConstraintBroken(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
  return write()
}
