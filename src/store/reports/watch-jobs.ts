/** The jobs that clients wait for, in one short query. */
import { isNull, sql } from 'drizzle-orm'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { jobs } from '../schema.ts'
import type { WatchedJob } from './watch-memory.ts'

/** Those of the jobs that exist. It reads three rows for each: of the list, of the key and of the table. */
export async function readWatched(db: Database, ids: string[]): Promise<Map<string, WatchedJob>> {
  const rows = await db.all<{ id: string; isSettled: number; version: string }>(
    sql`SELECT ${jobs.id} AS id, ${jobs.settledAt} IS NOT NULL AS isSettled, ${versionOf} AS version
      FROM ${jobs} WHERE ${among(jobs.id, ids)} AND ${isNull(jobs.erasedAt)}`,
  )
  return new Map(
    rows.map(({ id, isSettled, version }) => [id, { isSettled: isSettled === 1, version }] as const),
  )
}

// A claim changes the lease, a commit the due time or the end, and a webhook the lease or `woken_at`. The renewals of a
// lease change none of them.
const versionOf = sql`concat_ws(' ', ${jobs.status}, ${jobs.provider}, ${jobs.progress}, ${jobs.lease}, ${jobs.dueAt},
  ${jobs.wokenAt}, ${jobs.settledAt})`
