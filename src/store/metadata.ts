/** The metadata of jobs, by key and value, so that a list finds the jobs that have it. */
import { type SQL, sql } from 'drizzle-orm'
import { among } from './among.ts'
import type { Database } from './database.ts'
import { candidateId, type Range } from './page.ts'
import { jobMetadata, jobs } from './schema.ts'

/** The keys by which jobs are found. */
export type IndexedMetadata = 'all' | readonly string[]

export function isIndexed(key: string, indexed: IndexedMetadata): boolean {
  return indexed === 'all' || indexed.includes(key)
}

/** One row for each indexed key. */
export function insertMetadata(
  db: Database,
  { id, request }: { id: string; request: { metadata: Record<string, string> } },
  indexed: IndexedMetadata,
) {
  const entries = Object.entries(request.metadata).filter(([key]) => isIndexed(key, indexed))
  if (entries.length === 0) return []
  const rows = sql`SELECT value ->> 0, value ->> 1, ${id} FROM json_each(${JSON.stringify(entries)})`
  return [db.insert(jobMetadata).select(rows)]
}

/** Before the requests of the jobs are emptied: their metadata is read from them. */
export function deleteMetadata(db: Database, jobIds: string[]) {
  const metadata = sql`CASE WHEN json_valid(${jobs.request}) THEN json_extract(${jobs.request}, '$.metadata') ELSE '{}' END`
  const rows = sql`SELECT entry.key, entry.value, ${jobs.id} FROM ${jobs}, json_each(${metadata}) AS entry WHERE ${among(jobs.id, jobIds)}`
  return db
    .delete(jobMetadata)
    .where(sql`(${jobMetadata.key}, ${jobMetadata.value}, ${jobMetadata.jobId}) IN (${rows})`)
}

/** The jobs with this metadata. */
export function rangeOfMetadata(key: string, value: string): Range {
  const where = sql`${jobMetadata.key} = ${key} AND ${jobMetadata.value} = ${value}`
  return { table: jobMetadata, id: jobMetadata.jobId, where }
}

/** Tests a candidate of a page. */
export function hasMetadata(key: string, value: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${jobMetadata}
    WHERE ${jobMetadata.key} = ${key} AND ${jobMetadata.value} = ${value} AND ${jobMetadata.jobId} = ${candidateId})`
}
