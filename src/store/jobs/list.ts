/** The list of jobs. */
import { and, asc, desc, eq, gt, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { firstIdAt } from '../../core/id.ts'
import { type JobStatus, jobStatuses } from '../../core/job/job.ts'
import { type Model, models, type ProviderName, providerNames } from '../../core/request/choices.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { hasMetadata, rangeOfMetadata } from '../metadata.ts'
import {
  type Cursor,
  candidateId,
  findPage,
  literal,
  mergePages,
  type Order,
  type Page,
  pageOf,
  type Range,
} from '../page.ts'
import { jobs } from '../schema.ts'
import { type Job, readRow } from './jobs.ts'

export interface JobFilter {
  /** Undefined: the newest first. */
  order?: Order | undefined
  /** Undefined: the jobs of all projects. */
  project?: string | undefined
  status?: JobStatus | undefined
  provider?: ProviderName | undefined
  model?: Model | undefined
  createdAfterMs?: number | undefined
  createdBeforeMs?: number | undefined
  metadata: Record<string, string>
}

export async function listJobs(
  databases: readonly Database[],
  filter: JobFilter,
  cursor: Cursor,
): Promise<{ jobs: Job[]; next: string | null }> {
  const maxBytes = maxPageBytes / databases.length
  const { rows, next } = await mergePages(
    databases,
    {
      order: orderOf(filter),
      find: (db, from) => findJobs(db, filter, from),
      read: (db, ids) => readJobs(db, ids, orderOf(filter), maxBytes),
    },
    cursor,
  )
  return { jobs: rows, next }
}

function orderOf({ order = 'newest_first' }: JobFilter): Order {
  return order
}

/** The ids of one page of one database. */
export async function findJobs(db: Database, filter: JobFilter, cursor: Cursor): Promise<Page> {
  const { project, status, provider, model, metadata } = filter
  const from = { ...cursor, after: startOf(filter, cursor) }

  const entries = Object.entries(metadata)
  const [entry, ...others] = entries
  if (project !== undefined) return findTested(db, filter, { range: rangeOfProject(project), entries }, from)
  if (entry !== undefined)
    return findTested(db, filter, { range: rangeOfMetadata(...entry), entries: others }, from)
  const isByColumn = status !== undefined || provider !== undefined || model !== undefined
  return (isByColumn ? null : await findByKey(db, filter, from)) ?? findByColumns(db, filter, from)
}

/**
 * Where a page begins: at the cursor, or at the bound of the filter on that side if that comes later. One bound is read by
 * the index; of two on the same side, SQLite might read by the other.
 */
function startOf(filter: JobFilter, { after }: Cursor): string | null {
  if (orderOf(filter) === 'newest_first') {
    const until = untilOf(filter)
    return until !== null && (after === null || until < after) ? until : after
  }
  const since = sinceOf(filter)
  return since !== null && (after === null || since > after) ? since : after
}

/** No job of the filter has this id or a later one. */
function untilOf({ createdBeforeMs }: JobFilter): string | null {
  return createdBeforeMs === undefined ? null : firstIdAt('job', createdBeforeMs)
}

/** No job of the filter has an earlier id. No job has this one: its other bits are random. */
function sinceOf({ createdAfterMs }: JobFilter): string | null {
  return createdAfterMs === undefined ? null : firstIdAt('job', createdAfterMs + 1)
}

/** The jobs of one range that have the rest of what the filter names. `entries`: of metadata. */
function findTested(
  db: Database,
  filter: JobFilter,
  { range, entries }: { range: Range; entries: [string, string][] },
  cursor: Cursor,
): Promise<Page> {
  const tests = [...entries.map((entry) => hasMetadata(...entry)), ...columnTests(filter)]
  const ranges = [within(filter, range)]
  return findPage(db, { order: orderOf(filter), ranges, test: and(...tests) }, cursor)
}

/** Other projects are in other parts of the index, so they cost nothing. */
function rangeOfProject(project: string): Range {
  return { table: jobs, id: jobs.id, where: sql`${jobs.project} = ${project} AND ${isNull(jobs.erasedAt)}` }
}

/** By the primary key. Null: too many of the rows are erased, and the index without them must be read. */
async function findByKey(db: Database, filter: JobFilter, { after, limit }: Cursor): Promise<Page | null> {
  const { where } = within(filter, { table: jobs, id: jobs.id, where: sql`1` })
  const [isAfter, inOrder] = orderOf(filter) === 'newest_first' ? [lt, desc] : [gt, asc]
  const inspected = 2 * limit + 1
  const rows = await db
    .select({ id: jobs.id, erasedAt: jobs.erasedAt })
    .from(jobs)
    .where(and(where, after === null ? undefined : isAfter(jobs.id, after)))
    .orderBy(inOrder(jobs.id))
    .limit(inspected)
  const found = rows.filter(({ erasedAt }) => erasedAt === null).map(({ id }) => id)
  return found.length > limit || rows.length < inspected ? pageOf(found, limit) : null
}

/** By the index on status, provider and model: a range for each combination of those that the filter leaves open. */
function findByColumns(db: Database, filter: JobFilter, cursor: Cursor): Promise<Page> {
  const { status, provider, model } = filter
  const ranges = (status === undefined ? jobStatuses : [status]).flatMap((ofStatus) =>
    (provider === undefined ? providerNames : [provider]).flatMap((ofProvider) =>
      (model === undefined ? models : [model]).map((ofModel) => {
        const where = sql`${jobs.status} = ${literal(ofStatus)} AND ${jobs.provider} = ${literal(ofProvider)}
          AND ${jobs.model} = ${literal(ofModel)} AND ${isNull(jobs.erasedAt)}`
        return within(filter, { table: jobs, id: jobs.id, where })
      }),
    ),
  )
  return findPage(db, { order: orderOf(filter), ranges }, cursor)
}

/** The rows of a range on this side of the bound at its far end. */
function within(filter: JobFilter, range: Range): Range {
  const isNewestFirst = orderOf(filter) === 'newest_first'
  const end = isNewestFirst ? sinceOf(filter) : untilOf(filter)
  if (end === null) return range
  const isBefore = isNewestFirst ? sql`${range.id} >= ${literal(end)}` : sql`${range.id} < ${literal(end)}`
  return { ...range, where: sql`${range.where} AND ${isBefore}` }
}

function columnTests({ status, provider, model }: JobFilter): SQL[] {
  const tests = [
    ...(status === undefined ? [] : [eq(jobs.status, status)]),
    ...(provider === undefined ? [] : [eq(jobs.provider, provider)]),
    ...(model === undefined ? [] : [eq(jobs.model, model)]),
  ]
  if (tests.length === 0) return []
  return [sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${candidateId} AND ${and(...tests)})`]
}

// Requests are most of a page. Read, parsed and written, a page takes several times this of the 128 MB of an isolate.
const maxPageBytes = 2 * 1024 * 1024

/** The first rows that fit on a page together: always the first, however large it is. Jobs erased since are left out. */
async function readJobs(db: Database, ids: string[], order: Order, maxBytes: number) {
  const inOrder = order === 'newest_first' ? desc(jobs.id) : asc(jobs.id)
  const upToHere = sql`OVER (ORDER BY ${inOrder})`
  const sizes = sql`SELECT ${jobs.id} AS id, row_number() ${upToHere} AS n, sum(octet_length(${jobs.request})) ${upToHere} AS bytes
    FROM ${jobs} WHERE ${among(jobs.id, ids)} AND ${isNull(jobs.erasedAt)}`
  const rows = await db
    .select()
    .from(jobs)
    .where(sql`${jobs.id} IN (SELECT id FROM (${sizes}) WHERE n = 1 OR bytes <= ${maxBytes})`)
    .orderBy(inOrder)
  return { rows: rows.map(readRow), cutAfter: rows.length < ids.length ? (rows.at(-1)?.id ?? null) : null }
}
