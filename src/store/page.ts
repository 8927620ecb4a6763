/**
 * Pages of a table whose ids sort by time. One page scans a bounded number of rows, however rare the rows are that it
 * looks for: it may be short or even empty, and `next` continues after the last row scanned.
 */
import { and, asc, desc, gt, lt, type SQL, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { deliveries, jobs } from './schema.ts'

export const maxRowsScanned = 1_000

export interface Search {
  table: typeof jobs | typeof deliveries
  order: 'newest_first' | 'oldest_first'
  /** Bounds the rows that are scanned, by the primary key or an index. */
  range: SQL[]
  /** Selects from the scanned rows. */
  filter: SQL[]
  /** The size of a row in bytes, for pages of bounded size. */
  bytes?: SQL
}

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

export async function findPage(db: Database, search: Search, { after, limit }: Cursor): Promise<Page> {
  const { table, range, filter, bytes = sql`0` } = search
  const isNewestFirst = search.order === 'newest_first'
  const order = isNewestFirst ? desc(table.id) : asc(table.id)
  const isAfter = after === null ? undefined : isNewestFirst ? lt(table.id, after) : gt(table.id, after)
  const bounds = and(isAfter, ...range) ?? sql`1`
  // Under the name of the table, so that a filter is worded like any other condition on it.
  const scanned = sql`(SELECT * FROM ${table} WHERE ${bounds} ORDER BY ${order} LIMIT ${maxRowsScanned}) AS ${table}`
  const last = isNewestFirst ? sql`min(${table.id})` : sql`max(${table.id})`
  const [matching, [scan]] = await db.batch([
    db
      .select({ id: sql<string>`${table.id}`.as('id'), bytes: sql<number>`${bytes}`.as('bytes') })
      .from(scanned)
      .where(and(...filter))
      .orderBy(order)
      .limit(limit + 1),
    db.select({ rows: sql<number>`count(*)`, last: sql<string | null>`${last}` }).from(scanned),
  ])
  const ids = fitting(matching.slice(0, limit))
  const nextOnPage = matching.length > ids.length ? (ids.at(-1) ?? null) : null
  const nextOfScan = scan?.rows === maxRowsScanned ? scan.last : null
  return { ids, next: nextOnPage ?? nextOfScan }
}

// Requests are most of a page. Read, parsed and written, a page takes several times this of the 128 MB of an isolate.
const maxPageBytes = 2 * 1024 * 1024

/** The first rows that fit on a page together: always the first, however large it is. */
function fitting(rows: { id: string; bytes: number }[]): string[] {
  let total = 0
  return rows
    .filter(({ bytes }, index) => {
      total += bytes
      return index === 0 || total <= maxPageBytes
    })
    .map(({ id }) => id)
}
