/** The first statement of every commit: it fails the whole batch when the lease is no longer ours. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { isUnmet, requireThat } from './require.ts'
import type { deliveries, jobs } from './schema.ts'

export function requireLease(
  db: Database,
  table: typeof jobs | typeof deliveries,
  holder: { id: string; lease: string },
) {
  const held = sql`SELECT 1 FROM ${table} WHERE ${table.id} = ${holder.id} AND ${table.lease} = ${holder.lease}`
  return requireThat(db, sql`EXISTS (${held})`)
}

/** True for the error of a batch whose lease was lost: another has the row, and nothing was written. */
export function isLeaseLost(error: unknown): boolean {
  return isUnmet(error)
}
