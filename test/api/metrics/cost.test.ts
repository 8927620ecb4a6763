/** What a scrape costs: the rows that it reads do not grow with the jobs that ended. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { models, providerNames } from '../../../src/core/request/choices.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { foldCounters } from '../../../src/store/upkeep/totals.ts'
import { apiRequest } from '../../support/api-call.ts'
import { manyDeliveries, manyJobs } from '../../support/many-rows.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { parseMetrics } from '../../support/metrics.ts'
import { world } from '../../support/world.ts'

async function rowsOfScrape(): Promise<number> {
  const { fetch, bill } = createMeteredWorker()
  await parseMetrics(await fetch(apiRequest('GET', '/metrics', undefined, { accept: 'text/plain' })))
  return bill().rowsRead
}

const run = (statements: string[]) => env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))

it('a scrape reads a few rows without jobs, and not more with many that ended', async () => {
  const empty = await rowsOfScrape()
  expect(empty).toBeLessThanOrEqual(maxRowsWithoutJobs)
  await run([
    ...manyJobs(20_000),
    "UPDATE jobs SET status = 'succeeded' WHERE status IN ('queued', 'generating', 'storing')",
    ...manyDeliveries(20_000, 0),
    "UPDATE deliveries SET status = 'delivered', due_at = NULL WHERE status = 'pending'",
  ])
  expect((await rowsOfScrape()) - empty).toBeLessThanOrEqual(20)
})

it('a scrape reads the totals and the counters of three hours, not those of a month', async () => {
  const now = world.edges.now()
  const before = await rowsOfScrape()
  await env.DB.prepare(
    `INSERT INTO counters (hour_at, provider, model, counts)
     WITH RECURSIVE hour(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM hour WHERE n < 24 * 31 - 1)
     SELECT (CAST(? AS INTEGER) / 3600000 - n) * 3600000, provider.value, 'seedance-2.0', '{"succeeded":7,"finish_60":7,"usd":1.5}'
     FROM hour, json_each('["runware","crun"]') AS provider`,
  )
    .bind(now)
    .run()
  await foldCounters(openDatabase(env.DB), now)
  const [counts, hours, providers] = [3, 3, 2]
  // Each count is read, added up and grouped.
  expect((await rowsOfScrape()) - before).toBeLessThanOrEqual(4 * counts * (hours + 1) * providers)
})

it('a scrape reads at most a thousand open deliveries of each kind', async () => {
  const before = await rowsOfScrape()
  await run(manyDeliveries(20_000, 1, 100_000))
  // Each is read and sorted in two counts: the backlog, and the dead letters of long overdue work.
  expect((await rowsOfScrape()) - before).toBeLessThanOrEqual(6_000)
})

it('a scrape reads four rows for each open job at most, as the health check does', async () => {
  const before = await rowsOfScrape()
  const openJobs = 6_000
  await run(manyJobs((openJobs * 5) / 3, 200_000))
  expect((await rowsOfScrape()) - before).toBeLessThanOrEqual(4 * openJobs)
})

// One for each status, provider and model of open jobs, and those of the other readings.
const maxRowsWithoutJobs = 3 * providerNames.length * models.length + 45
