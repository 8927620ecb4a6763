/** Commits under a lease: only its holder may write. */
import { sql } from 'drizzle-orm'
import { abortUnless, isAborted } from './abort-unless.ts'
import type { Database } from './database.ts'
import { prepared, value } from './prepared.ts'
import { deliveries, jobs } from './schema.ts'

/** The first statement of every commit: it aborts the whole batch when another holds the lease. */
export function abortUnlessLeased(
  db: Database,
  table: typeof jobs | typeof deliveries,
  holder: { id: string; lease: string },
) {
  return table === jobs ? abortUnlessJobLeased(db, holder) : abortUnlessDeliveryLeased(db, holder)
}

/** The same for a job, which must still have the status that its holder knows: an answer may have been lost meanwhile. */
export function abortUnlessAsClaimed(
  db: Database,
  { id, lease, status }: { id: string; lease: string; status: string },
) {
  return abortUnlessJobUnchanged(db, { id, lease, status })
}

const abortUnlessJobLeased = prepared((db) => abortUnless(db, 'lease_lost', isHeld(jobs)))
const abortUnlessDeliveryLeased = prepared((db) => abortUnless(db, 'lease_lost', isHeld(deliveries)))

const abortUnlessJobUnchanged = prepared((db) =>
  abortUnless(db, 'lease_lost', isHeld(jobs, sql`AND ${jobs.status} = ${value('status')}`)),
)

function isHeld(table: typeof jobs | typeof deliveries, also = sql``) {
  return sql`EXISTS (SELECT 1 FROM ${table} WHERE ${table.id} = ${value('id')} AND ${table.lease} = ${value('lease')} ${also})`
}

/** True for the error of a batch whose lease was lost: another holds the row, and nothing was written. */
export function isLeaseLost(error: unknown): boolean {
  return isAborted(error, 'lease_lost')
}
