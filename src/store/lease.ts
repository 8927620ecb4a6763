/** Commits under a lease: only its holder may write. */
import { sql } from 'drizzle-orm'
import { abortUnless, isAborted } from './abort-unless.ts'
import type { Database } from './database.ts'
import type { deliveries, jobs } from './schema.ts'

/** The first statement of every commit: it aborts the whole batch when another holds the lease. */
export function abortUnlessLeased(
  db: Database,
  table: typeof jobs | typeof deliveries,
  holder: { id: string; lease: string },
) {
  const held = sql`SELECT 1 FROM ${table} WHERE ${table.id} = ${holder.id} AND ${table.lease} = ${holder.lease}`
  return abortUnless(db, 'lease_lost', sql`EXISTS (${held})`)
}

/** True for the error of a batch whose lease was lost: another holds the row, and nothing was written. */
export function isLeaseLost(error: unknown): boolean {
  return isAborted(error, 'lease_lost')
}
