/** The list of jobs: a bounded number of rows and bytes, whatever the size of the table. */
import { and, desc, eq, gte, isNull, lt, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { firstIdAt } from '../../core/id.ts'
import type { JobStatus } from '../../core/job.ts'
import type { Model, ProviderName } from '../../core/request/request.ts'
import type { Database } from '../database.ts'
import { jobs } from '../schema.ts'
import { type Job, readRow } from './jobs.ts'

export interface JobFilter {
  status?: JobStatus | undefined
  provider?: ProviderName | undefined
  model?: Model | undefined
  createdAfterMs?: number | undefined
  createdBeforeMs?: number | undefined
  metadata: Record<string, string>
}

// A page reads at most so many rows, however rare what it looks for; the cursor goes on where it stopped.
const rowsScannedPerPage = 1_000

// Requests are most of a page. Read, shown and written, a page takes several times this of the 128 MB there are.
const requestBytesPerPage = 2 * 1024 * 1024

/** Newest first. A page may be short of `limit`, even empty, and still have a `next` to go on from. */
export async function listJobs(db: Database, filter: JobFilter, before: string | null, limit: number) {
  const { createdAfterMs, createdBeforeMs } = filter
  const bounds: SQL[] = [
    ...(before === null ? [] : [lt(jobs.id, before)]),
    ...(createdBeforeMs === undefined ? [] : [lt(jobs.id, firstIdAt('job', createdBeforeMs))]),
    ...(createdAfterMs === undefined ? [] : [gte(jobs.id, firstIdAt('job', createdAfterMs + 1))]),
  ]
  const scanned = db
    .select()
    .from(jobs)
    .where(and(isNull(jobs.erasedAt), ...bounds))
    .orderBy(desc(jobs.id))
    .limit(rowsScannedPerPage)
    .as('scanned')
  const wanted: SQL[] = [
    ...(filter.status === undefined ? [] : [eq(scanned.status, filter.status)]),
    ...(filter.provider === undefined ? [] : [eq(scanned.provider, filter.provider)]),
    ...(filter.model === undefined ? [] : [eq(scanned.model, filter.model)]),
    ...Object.entries(filter.metadata).map(([key, value]) => hasMetadata(scanned.request, key, value)),
  ]
  const [found, [window]] = await db.batch([
    db
      .select({ id: scanned.id, bytes: sql<number>`octet_length(${scanned.request})`.as('bytes') })
      .from(scanned)
      .where(and(...wanted))
      .orderBy(desc(scanned.id))
      .limit(limit + 1),
    db
      .select({
        rows: sql<number>`count(*)`,
        last: sql<string | null>`min(${scanned.id})`,
      })
      .from(scanned),
  ])
  const page = fitting(found.slice(0, limit))
  const nextOnPage = found.length > page.length ? (page.at(-1) ?? null) : null
  const nextOnScan = window !== undefined && window.rows === rowsScannedPerPage ? window.last : null
  return { jobs: await jobsOf(db, page), next: nextOnPage ?? nextOnScan }
}

/** The ids that fit on a page together: always the first, however large. */
function fitting(found: { id: string; bytes: number }[]): string[] {
  let bytes = 0
  return found
    .filter((one, index) => {
      bytes += one.bytes
      return index === 0 || bytes <= requestBytesPerPage
    })
    .map(({ id }) => id)
}

/** In the order of the ids; one that was erased meanwhile is left out. */
async function jobsOf(db: Database, ids: string[]): Promise<Job[]> {
  if (ids.length === 0) return []
  const among = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`
  const rows = await db
    .select()
    .from(jobs)
    .where(and(sql`${jobs.id} IN ${among}`, isNull(jobs.erasedAt)))
    .orderBy(desc(jobs.id))
  return rows.map(readRow)
}

// By its keys and not by a path: a key may hold quotes. A damaged request has no metadata.
function hasMetadata(request: SQLWrapper, key: string, value: string): SQL {
  const metadata = sql`CASE WHEN json_valid(${request}) THEN json_extract(${request}, '$.metadata') ELSE '{}' END`
  return sql`EXISTS (SELECT 1 FROM json_each(${metadata}) AS entry WHERE entry.key = ${key} AND entry.value = ${value})`
}
