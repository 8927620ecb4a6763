/** The list of jobs, newest first. */
import { and, desc, eq, gte, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { firstIdAt } from '../../core/id.ts'
import type { JobStatus } from '../../core/job/job.ts'
import type { Model, ProviderName } from '../../core/request/request.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { type Cursor, findPage } from '../page.ts'
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

export async function listJobs(
  db: Database,
  filter: JobFilter,
  cursor: Cursor,
): Promise<{ jobs: Job[]; next: string | null }> {
  const { status, provider, model, createdAfterMs, createdBeforeMs, metadata } = filter
  const { ids, next } = await findPage(
    db,
    {
      table: jobs,
      order: 'newest_first',
      range: [
        isNull(jobs.erasedAt),
        ...(createdBeforeMs === undefined ? [] : [lt(jobs.id, firstIdAt('job', createdBeforeMs))]),
        ...(createdAfterMs === undefined ? [] : [gte(jobs.id, firstIdAt('job', createdAfterMs + 1))]),
      ],
      filter: [
        ...(status === undefined ? [] : [eq(jobs.status, status)]),
        ...(provider === undefined ? [] : [eq(jobs.provider, provider)]),
        ...(model === undefined ? [] : [eq(jobs.model, model)]),
        ...Object.entries(metadata).map(([key, value]) => hasMetadata(key, value)),
      ],
      bytes: sql`octet_length(${jobs.request})`,
    },
    cursor,
  )
  return { jobs: await jobsOf(db, ids), next }
}

/** A job that was erased since the scan is left out. */
async function jobsOf(db: Database, ids: string[]): Promise<Job[]> {
  if (ids.length === 0) return []
  const rows = await db
    .select()
    .from(jobs)
    .where(and(among(jobs.id, ids), isNull(jobs.erasedAt)))
    .orderBy(desc(jobs.id))
  return rows.map(readRow)
}

// Compares the key as a value and not as a JSON path: a key may contain quotes. A damaged request has no metadata.
function hasMetadata(key: string, value: string): SQL {
  const metadata = sql`CASE WHEN json_valid(${jobs.request}) THEN json_extract(${jobs.request}, '$.metadata') ELSE '{}' END`
  return sql`EXISTS (SELECT 1 FROM json_each(${metadata}) AS entry WHERE entry.key = ${key} AND entry.value = ${value})`
}
