/** Finds the jobs of one database that have changed, for the streams of all events. */
import { and, eq, gt, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm'
import { firstIdAt } from '../../core/id.ts'
import { maxResumePages, resumePageSize } from '../../core/schedule/watch.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { isUnsettled } from '../jobs/jobs.ts'
import { jobs, outputs } from '../schema.ts'

/**
 * The unsettled jobs with what an event can be about: their status and how many outputs are stored. It reads the three ranges
 * of the covering index `jobs_list`, one row for each job. Null: there are more than `limit`.
 */
export async function readUnsettled(db: Database, limit: number): Promise<Map<string, string> | null> {
  const rows = await db
    .select({ id: jobs.id, status: jobs.status })
    .from(jobs)
    .where(isUnsettled)
    .limit(limit + 1)
  if (rows.length > limit) return null
  const storing = rows.flatMap(({ id, status }) => (status === 'storing' ? [id] : []))
  const stored = await countStored(db, storing)
  return new Map(rows.map(({ id, status }) => [id, `${status} ${stored.get(id) ?? 0}`]))
}

async function countStored(db: Database, jobIds: string[]): Promise<Map<string, number>> {
  if (jobIds.length === 0) return new Map()
  const rows = await db.all<{ id: string; stored: number }>(
    sql`SELECT ${outputs.jobId} AS id, count(*) AS stored FROM ${outputs}
      WHERE ${among(outputs.jobId, jobIds)} AND ${outputs.status} = 'stored' GROUP BY ${outputs.jobId}`,
  )
  return new Map(rows.map(({ id, stored }) => [id, stored]))
}

/** The jobs that were created since that time and have ended, the oldest first: a look may miss their whole life. */
export async function endedSince(db: Database, createdSinceMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(
      and(gt(jobs.id, firstIdAt('job', createdSinceMs)), isNotNull(jobs.settledAt), isNull(jobs.erasedAt)),
    )
    .orderBy(jobs.id)
    .limit(limit)
  return rows.map(({ id }) => id)
}

interface Changes {
  ids: string[]
  /** The oldest job that was inspected. Null: none was. */
  oldestId: string | null
  inspected: number
}

/** Null: all projects. */
interface ChangedIn {
  sinceMs: number
  createdSinceMs: number
  project: string | null
}

/**
 * The jobs created since `createdSinceMs` that ended after `sinceMs` or are at a provider. No index has the end of a job, so it
 * inspects each job, in pages: D1 does one statement at a time. Null: there are too many.
 */
export async function changedSince(
  db: Database,
  given: ChangedIn,
): Promise<{ ids: string[]; statements: number } | null> {
  const ids: string[] = []
  let before: string | null = null
  for (let statements = 1; statements <= maxResumePages; statements++) {
    const page: Changes = await changedBefore(db, given, before)
    ids.push(...page.ids)
    if (page.inspected < resumePageSize) return { ids, statements }
    before = page.oldestId
  }
  return null
}

/** One page, the newest jobs first. `before`: the oldest job of the page before. */
async function changedBefore(
  db: Database,
  { sinceMs, createdSinceMs, project }: ChangedIn,
  before: string | null,
): Promise<Changes> {
  const inspected = db
    .select({ id: jobs.id, status: jobs.status, settledAt: jobs.settledAt, erasedAt: jobs.erasedAt })
    .from(jobs)
    .where(
      and(
        gt(jobs.id, firstIdAt('job', createdSinceMs)),
        before === null ? undefined : lt(jobs.id, before),
        // The condition of the index jobs_project.
        project === null ? undefined : and(eq(jobs.project, project), isNull(jobs.erasedAt)),
      ),
    )
    .orderBy(sql`${jobs.id} DESC`)
    .limit(resumePageSize)
    .as('inspected')
  const hasChanged = and(
    isNull(inspected.erasedAt),
    sql`(${gt(inspected.settledAt, sinceMs)} OR ${inArray(inspected.status, ['generating', 'storing'])})`,
  )
  const [row] = await db
    .select({
      ids: sql<string | null>`group_concat(${inspected.id}, ' ') FILTER (WHERE ${hasChanged})`,
      oldestId: sql<string | null>`min(${inspected.id})`,
      inspected: sql<number>`count(*)`,
    })
    .from(inspected)
  return {
    ids: row?.ids?.split(' ') ?? [],
    oldestId: row?.oldestId ?? null,
    inspected: row?.inspected ?? 0,
  }
}
