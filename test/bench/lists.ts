/**
 * What a page of a list reads, by filter and size of the table: node test/bench/lists.ts
 * It fills a D1 database of the local runtime and prints the rows read as D1 counts them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { findDeliveries } from '../../src/store/deliveries/log.ts'
import { findJobs, type JobFilter } from '../../src/store/jobs/list.ts'
import type { Cursor, Page } from '../../src/store/page.ts'
import { manyDeliveries, manyJobs } from '../support/many-rows.ts'

const sizes = [1_000, 100_000, 1_000_000]
const atOnce = 100_000
const limit = 20
const now = 1_764_000_000_000
const inADay = now + 24 * 60 * 60 * 1_000

const metadata = {}
const ofJobs: JobFilter[] = [
  { metadata },
  { status: 'succeeded', metadata },
  { status: 'canceled', metadata },
  { provider: 'crun', metadata },
  { provider: 'aimlapi', metadata },
  { model: 'seedance-2.0-mini', metadata },
  { model: 'seedance-2.0', metadata },
  { metadata: { color: 'blue' } },
  { metadata: { color: 'red' } },
  { status: 'canceled', createdBeforeMs: 10_000, metadata },
  { metadata: { color: 'red' }, status: 'canceled' },
  { metadata: { color: 'blue' }, provider: 'aimlapi' },
]
const ofDeliveries = [
  {},
  { status: 'delivered' },
  { status: 'failed' },
  { status: 'pending' },
  { eventType: 'job.failed' },
  { eventType: 'job.erased' },
  { endpointId: 'ep_1' },
  { endpointId: 'ep_rare' },
  { endpointId: 'ep_1', status: 'failed' },
] as const

const migrations = new URL('../../src/store/migrations/', import.meta.url)
const statements = readdirSync(migrations)
  .filter((file) => file.endsWith('.sql'))
  .toSorted()
  .flatMap((file) => readFileSync(new URL(file, migrations), 'utf8').split('--> statement-breakpoint'))
// A database for each run: the local runtime cannot empty a table of a million rows.
const runtime = new Miniflare(
  convertV4MiniflareOptions({
    modules: true,
    script: 'export default {}',
    compatibilityDate: '2026-11-01',
    d1Databases: sizes.flatMap((size) => [`JOBS_${size}`, `DELIVERIES_${size}`]),
  }),
)
try {
  for (const size of sizes) {
    const jobs = await filled(`JOBS_${size}`, size, manyJobs)
    for (const filter of ofJobs)
      await report(jobs, size, filter, (db, cursor) => findJobs(db, filter, cursor))
    const deliveries = await filled(`DELIVERIES_${size}`, size, (count, first) =>
      manyDeliveries(count, inADay, first),
    )
    for (const filter of ofDeliveries) {
      await report(deliveries, size, filter, (db, cursor) =>
        findDeliveries(db, { ...filter, order: 'newest_first' }, cursor, now),
      )
    }
  }
} finally {
  await runtime.dispose()
}

async function filled(name: string, size: number, rows: (count: number, first: number) => string[]) {
  const database = await runtime.getD1Database(name)
  const run = async (statements: string[]) => {
    for (const statement of statements) await database.prepare(statement).run()
  }
  await run(statements)
  for (let first = 0; first < size; first += atOnce) await run(rows(Math.min(size, atOnce), first))
  return database
}

async function report(
  database: D1Database,
  size: number,
  filter: object,
  find: (db: Database, cursor: Cursor) => Promise<Page>,
) {
  const counted = { rows: 0, statements: 0 }
  const startedAt = performance.now()
  const { ids } = await find(openDatabase(metered(database, counted)), { after: null, limit })
  const ms = Math.round(performance.now() - startedAt)
  console.log(
    `${size} rows, ${ids.length} on the page, ${counted.rows} read, ${counted.statements} statements, ${ms} ms:`,
    JSON.stringify(filter),
  )
}

/** Counts the rows that its statements read. */
function metered(database: D1Database, counted: { rows: number; statements: number }): D1Database {
  const count = <T>(result: D1Result<T>) => {
    counted.rows += result.meta.rows_read
    counted.statements += 1
    return result
  }
  const statementOf = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(_, name) {
        if (name === 'bind') return (...values: unknown[]) => statementOf(statement.bind(...values))
        if (name === 'all') return async () => count(await statement.all())
        if (name === 'raw') {
          return async () => count(await statement.all<Record<string, unknown>>()).results.map(Object.values)
        }
        throw new Error(`${String(name)} is not metered`)
      },
    })
  return new Proxy(database, {
    get(_, name) {
      if (name === 'prepare') return (query: string) => statementOf(database.prepare(query))
      throw new Error(`${String(name)} is not metered`)
    },
  })
}
