/**
 * The purges table: cache tags of erased files. A tag is inserted in the batch that deletes the rows of its files, so
 * that no crash loses it, and is removed once it is purged.
 */
import { asc, count, inArray, min, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { assets, jobs, outputs, purges } from '../schema.ts'

export type Purge = typeof purges.$inferSelect

/** For those of the jobs that have a file which a link may have opened. It precedes the deletion of their files' rows. */
export function insertPurgesOfJobs(db: Database, jobIds: string[], nowMs: number) {
  const stored = sql`SELECT 1 FROM ${outputs} WHERE ${outputs.jobId} = ${jobs.id} AND ${outputs.status} = 'stored'`
  const embedded = sql`SELECT 1 FROM ${assets} WHERE ${assets.jobId} = ${jobs.id}`
  return db.insert(purges).select(sql`SELECT ${nowMs}, ${jobs.id} FROM ${jobs}
    WHERE ${inArray(jobs.id, jobIds)} AND (EXISTS (${stored}) OR EXISTS (${embedded}))`)
}

/** For an asset whose row the statement before this one has deleted: in a full database that makes the room. */
export function insertPurgeOfAsset(db: Database, id: string, nowMs: number) {
  return db.insert(purges).select(sql`SELECT ${nowMs}, ${id} WHERE changes() > 0`)
}

/** Precedes the deletion of these assets. */
export function insertPurgesOfAssets(db: Database, which: SQL | undefined, nowMs: number) {
  return db.insert(purges).select(sql`SELECT ${nowMs}, ${assets.id} FROM ${assets} WHERE ${which}`)
}

/** The oldest first. */
export function waitingPurges(db: Database, limit: number): Promise<Purge[]> {
  return db.select().from(purges).orderBy(asc(purges.createdAt), asc(purges.tag)).limit(limit)
}

// Running this twice is harmless: a row of the same tag that was inserted meanwhile has another time, and stays.
export async function removePurges(db: Database, done: readonly Purge[]): Promise<void> {
  const keys = JSON.stringify(done.map(({ createdAt, tag }) => [createdAt, tag]))
  await db
    .delete(purges)
    .where(
      sql`(${purges.createdAt}, ${purges.tag}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${keys}))`,
    )
}

/** How many tags wait, up to the limit, and since when. */
export async function countPurges(
  db: Database,
  limit: number,
): Promise<{ waiting: number; oldestAt: number | null }> {
  const oldest = db
    .select({ at: purges.createdAt })
    .from(purges)
    .orderBy(asc(purges.createdAt), asc(purges.tag))
    .limit(limit)
    .as('oldest')
  const [counted] = await db.select({ waiting: count(), oldestAt: min(oldest.at) }).from(oldest)
  return counted ?? { waiting: 0, oldestAt: null }
}
