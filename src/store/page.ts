/**
 * Pages of tables whose ids sort by time. The candidates of a page are in ranges of indexes, each in the order of ids. One
 * compound SELECT merges them, and SQLite reads each range only as far as the page needs it: a page reads about as many
 * rows as it has, and one more for each range.
 */
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Database } from './database.ts'

export type Order = 'newest_first' | 'oldest_first'

export interface Search {
  order: Order
  /** Together they hold each candidate once. */
  ranges: Range[]
  /** Selects from the candidates, by `candidateId`. Undefined: all of them. */
  test?: SQL | undefined
}

/** The rows of one table that one index holds in the order of their ids. */
export interface Range {
  table: SQLWrapper
  id: SQLWrapper
  where: SQL
}

export const candidateId = sql`candidate.id`

export interface Cursor {
  /** The id after which the page begins, in its order. Null: at the start. */
  after: string | null
  limit: number
}

export interface Page {
  ids: string[]
  /** The cursor of the next page. Null: this was the last. */
  next: string | null
}

/** Never empty before the end. Only a page with a test may be short. */
export async function findPage(db: Database, search: Search, cursor: Cursor): Promise<Page> {
  if (search.test !== undefined) return findTested(db, search, search.test, cursor)
  const { limit } = cursor
  const rows = await db.all<{ id: string }>(candidates(search, cursor.after, limit + 1))
  return pageOf(
    rows.map(({ id }) => id),
    limit,
  )
}

/** The first of these ids, which are one more than the page takes if there is a next page. */
export function pageOf(found: string[], limit: number): Page {
  const ids = found.slice(0, limit)
  return { ids, next: found.length > limit ? (ids.at(-1) ?? null) : null }
}

/** How many candidates are tested for one page, once it has a row. */
const maxTested = 10_000
/** How many candidates one statement tests. D1 executes one statement at a time. */
const maxTestedAtOnce = 20_000

/** Tests ever larger parts of the candidates: a page of common rows is cheap, and rare rows take few round trips. */
async function findTested(db: Database, search: Search, test: SQL, cursor: Cursor): Promise<Page> {
  const { limit } = cursor
  const found: string[] = []
  let after = cursor.after
  for (let part = 2 * limit, tested = 0; ; part = Math.min(4 * part, maxTestedAtOnce)) {
    const last = search.order === 'newest_first' ? sql`min(id)` : sql`max(id)`
    const [scan] = await db.all<{ ids: string | null; last: string | null; tested: number }>(
      sql`SELECT group_concat(id, ' ') FILTER (WHERE is_match) AS ids, ${last} AS last, count(*) AS tested
        FROM (SELECT id, (${test}) AS is_match FROM (${candidates(search, after, part)}) AS candidate)`,
    )
    if (scan === undefined) throw new Error('an aggregate is one row')
    found.push(...(scan.ids?.split(' ') ?? []).sort(inOrder(search.order)))
    if (found.length > limit) return pageOf(found, limit)
    if (scan.tested < part) return { ids: found, next: null }
    after = scan.last
    tested += part
    if (found.length > 0 && tested >= maxTested) return { ids: found, next: after }
  }
}

function candidates({ order, ranges }: Search, after: string | null, limit: number): SQL {
  const isNewestFirst = order === 'newest_first'
  const terms = ranges.map(({ table, id, where }) => {
    const isAfter =
      after === null
        ? sql`1`
        : isNewestFirst
          ? sql`${id} < ${literal(after)}`
          : sql`${id} > ${literal(after)}`
    return sql`SELECT ${id} AS id FROM ${table} WHERE ${where} AND ${isAfter}`
  })
  return sql`${union(terms)} ORDER BY id ${isNewestFirst ? sql`DESC` : sql`ASC`} LIMIT ${limit}`
}

/** The limit of D1 for the terms of a compound SELECT. SQLite flattens nested ones into one that merges them all. */
const maxTerms = 5

/** The rows of all terms, which may be more than a compound SELECT can have. */
export function union(terms: SQL[]): SQL {
  if (terms.length <= maxTerms) return sql.join(terms, sql` UNION ALL `)
  let size = maxTerms
  while (size * maxTerms < terms.length) size *= maxTerms
  const groups = Array.from({ length: Math.ceil(terms.length / size) }, (_, n) =>
    union(terms.slice(n * size, (n + 1) * size)),
  )
  return union(groups.map((group) => sql`SELECT * FROM (${group})`))
}

/** In the text of the statement, because D1 binds at most 100 values and a search has more. */
export function literal(text: string): SQL {
  return sql.raw(`'${text.replaceAll("'", "''")}'`)
}

interface Listing<Row> {
  order: Order
  find: (db: Database, cursor: Cursor) => Promise<Page>
  /** The rows in their order. `cutAfter`: the id after which rows did not fit; null: all did. */
  read: (db: Database, ids: string[]) => Promise<{ rows: Row[]; cutAfter: string | null }>
}

/** One page of the rows of several databases. */
export async function mergePages<Row extends { id: string }>(
  databases: readonly Database[],
  { order, find, read }: Listing<Row>,
  cursor: Cursor,
): Promise<{ rows: Row[]; next: string | null }> {
  const compare = inOrder(order)
  // Behind the end of one page its database may have rows that are not known yet.
  const firstOf = (ends: (string | null)[]) => ends.filter((id) => id !== null).sort(compare)[0] ?? null
  const isUpTo = (end: string | null) => (row: { id: string }) => end === null || compare(row.id, end) <= 0

  const pages = await Promise.all(databases.map(async (db) => ({ db, ...(await find(db, cursor)) })))
  const found = pages
    .flatMap(({ db, ids }) => ids.map((id) => ({ db, id })))
    .sort((a, b) => compare(a.id, b.id))
  const end = firstOf(pages.map(({ next }) => next))
  const complete = found.filter(isUpTo(end))
  const chosen = complete.slice(0, cursor.limit)
  const next = complete.length > chosen.length ? (chosen.at(-1)?.id ?? null) : end

  const idsOf = Map.groupBy(chosen, ({ db }) => db)
  const parts = await Promise.all(
    [...idsOf].map(([db, rows]) =>
      read(
        db,
        rows.map(({ id }) => id),
      ),
    ),
  )
  const cut = firstOf(parts.map(({ cutAfter }) => cutAfter))
  const rows = parts
    .flatMap((part) => part.rows)
    .filter(isUpTo(cut))
    .sort((a, b) => compare(a.id, b.id))
  return { rows, next: cut ?? next }
}

function inOrder(order: Order): (a: string, b: string) => number {
  const ascending = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return order === 'oldest_first' ? ascending : (a, b) => ascending(b, a)
}
