/** Commits under a lease: only its holder may write, and database trouble is retried. */
import { sql } from 'drizzle-orm'
import { abortUnless, isAborted } from './abort-unless.ts'
import { type Database, isDatabaseTrouble } from './database.ts'
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

// Most of D1's trouble passes within seconds.
const waitsMs = [100, 500, 2_000]

/**
 * Writes what must not get lost, because money was paid for it or a caller was notified of it: retried while D1 is in
 * trouble. Only for a batch that may run twice, because D1 may have written it and not said so. Every other error is a
 * bug or a lost lease, and is thrown at once.
 */
export async function withRetries<T>(write: () => Promise<T>): Promise<T> {
  for (const waitMs of waitsMs) {
    try {
      return await write()
    } catch (error) {
      if (!isDatabaseTrouble(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
  return write()
}
