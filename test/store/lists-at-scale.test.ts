/** The rows that a page of a list reads do not grow with the table, wherever the matching rows are. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { everyProject } from '../../src/core/access.ts'
import { jobStatuses } from '../../src/core/job/job.ts'
import { models, providerNames } from '../../src/core/request/choices.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { findDeliveries } from '../../src/store/deliveries/log.ts'
import { findJobs } from '../../src/store/jobs/list.ts'
import type { Cursor, Page } from '../../src/store/page.ts'
import { countSince } from '../../src/store/reports/stats.ts'
import { manyDeliveries, manyJobs, rareRows, timeOfRow } from '../support/many-rows.ts'
import { createMeteredWorker } from '../support/meter.ts'
import { select } from '../support/storage.ts'

const limit = 20
/** A filter by model leaves the status and the provider open: the index has a range for each combination. */
const maxRanges = jobStatuses.length * providerNames.length
const now = 1_764_000_000_000
/** A tested candidate is read from the index and looked up. Few are tested to fill a page. */
const maxTestedRead = 20 * limit
/** What a look into counters without rows costs. */
const emptyCounters = 2
/** Filling and emptying tables of 100,000 rows takes seconds. */
const fillTimeoutMs = 60_000
const days = 24 * 60 * 60 * 1_000

async function rowsRead(find: (db: Database, cursor: Cursor) => Promise<Page>, after: string | null = null) {
  const { bindings, bill } = createMeteredWorker()
  if (bindings.DB === undefined) throw new Error('the meter has a database')
  const page = await find(openDatabase(bindings.DB), { after, limit })
  return { page, read: bill().rowsRead }
}

async function fill(statements: string[]): Promise<void> {
  await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
}

async function empty(): Promise<void> {
  for (const table of ['deliveries', 'job_metadata', 'jobs']) await select(`DELETE FROM ${table}`)
}

describe.each([1_000, 100_000])('of %i jobs', (count) => {
  beforeAll(async () => {
    await empty()
    await fill(manyJobs(count))
  }, fillTimeoutMs)

  const metadata = {}
  const [early, late] = [timeOfRow(count / 10), timeOfRow((count / 10) * 9)]

  it.each([
    ['no filter', { metadata }],
    ['a common status', { status: 'succeeded', metadata }],
    ['a rare status', { status: 'canceled', metadata }],
    ['a common provider', { provider: 'crun', metadata }],
    ['a rare provider', { provider: 'aimlapi', metadata }],
    ['a common model', { model: 'seedance-2.0-mini', metadata }],
    ['a rare model', { model: 'seedance-2.0', metadata }],
    ['common metadata', { metadata: { color: 'blue' } }],
    ['rare metadata', { metadata: { color: 'red' } }],
    ['a time before', { createdBeforeMs: early, metadata }],
    ['a time after', { createdAfterMs: late, metadata }],
    ['a period', { createdAfterMs: early, createdBeforeMs: late, metadata }],
    ['a status and a time', { status: 'failed', createdAfterMs: early, createdBeforeMs: late, metadata }],
    ['a rare status and a time', { status: 'canceled', createdBeforeMs: early, metadata }],
    ['metadata and a time', { metadata: { color: 'red' }, createdBeforeMs: early }],
    [
      'a status, a provider and a model',
      { status: 'failed', provider: 'crun', model: 'seedance-2.0-fast', metadata },
    ],
  ] as const)(
    'a page by %s reads two rows for each of its own, and one for each range',
    async (_, filter) => {
      const first = await rowsRead((db, cursor) => findJobs(db, filter, cursor))
      expect(first.page.ids).toHaveLength(limit)
      expect(first.read).toBeLessThanOrEqual(2 * limit + maxRanges)
      const second = await rowsRead((db, cursor) => findJobs(db, filter, cursor), first.page.next)
      expect(second.page.ids.length).toBeGreaterThanOrEqual(rareRows - limit)
      expect(second.read).toBeLessThanOrEqual(2 * limit + maxRanges)
    },
  )

  it.each([
    ['the large project', { project: 'large', metadata }, limit],
    ['the small project', { project: 'small', metadata }, limit],
    ['the large project and a time', { project: 'large', createdBeforeMs: early, metadata }, limit],
    ['the large project and a status', { project: 'large', status: 'succeeded', metadata }, limit],
    ['the large project and metadata', { project: 'large', metadata: { color: 'blue' } }, limit],
    ['the small project and a status of other projects', { project: 'small', status: 'failed', metadata }, 0],
    ['a project without jobs', { project: 'none', metadata: { color: 'blue' } }, 0],
  ] as const)('a page of %s reads nothing of other projects', async (_, filter, found) => {
    const { page, read } = await rowsRead((db, cursor) => findJobs(db, filter, cursor))
    expect(page.ids).toHaveLength(found)
    expect(read).toBeLessThanOrEqual(maxTestedRead)
  })

  it('the statistics read one index entry at most for each status, provider and model', async () => {
    const { bindings, bill } = createMeteredWorker()
    if (bindings.DB === undefined) throw new Error('the meter has a database')
    await countSince([openDatabase(bindings.DB)], now, everyProject)
    await countSince([openDatabase(bindings.DB)], now, { project: 'large' })
    expect(bill().rowsRead).toBeLessThanOrEqual(
      2 * (3 * providerNames.length * models.length + emptyCounters),
    )
  })

  it('a page behind many erased jobs reads the index that does not have them', async () => {
    await select('UPDATE jobs SET erased_at = 1 WHERE created_at >= ?', rareRows)
    const { page, read } = await rowsRead((db, cursor) => findJobs(db, { metadata }, cursor))
    expect(page.ids).toHaveLength(limit)
    expect(read).toBeLessThanOrEqual(4 * limit + jobStatuses.length * providerNames.length * models.length)
  })
})

describe.each([1_000, 100_000])('of %i deliveries', (count) => {
  beforeAll(async () => {
    await empty()
    await fill(manyDeliveries(count, now + 1 * days))
  }, fillTimeoutMs)

  const [early, late] = [timeOfRow(count / 10), timeOfRow((count / 10) * 9)]

  it.each([
    ['no filter', {}],
    ['a common status', { status: 'delivered' }],
    ['a rare status', { status: 'failed' }],
    ['the pending status', { status: 'pending' }],
    ['a common event type', { eventType: 'job.failed' }],
    ['a rare event type', { eventType: 'job.erased' }],
    ['a common endpoint', { endpointId: 'ep_1' }],
    ['a rare endpoint', { endpointId: 'ep_rare' }],
    ['their job', { jobId: 'job_of_all' }],
    ['a period', { sinceMs: early, untilMs: late }],
    ['a status and a time', { status: 'delivered', sinceMs: early, untilMs: late }],
    ['a rare status and a time', { status: 'failed', untilMs: early }],
  ] as const)('a page by %s reads at most three rows for each of its own', async (_, filter) => {
    for (const order of ['newest_first', 'oldest_first'] as const) {
      const { page, read } = await rowsRead((db, cursor) =>
        findDeliveries(db, { ...filter, order }, cursor, now),
      )
      expect(page.ids).toHaveLength(limit)
      expect(read).toBeLessThanOrEqual(3 * limit)
    }
  })

  it.each([
    ['the large project', { project: 'large' }, limit],
    ['the small project', { project: 'small' }, limit],
    ['the large project and a status', { project: 'large', status: 'pending' }, limit],
    ['the large project and an endpoint', { project: 'large', endpointId: 'ep_1' }, limit],
    ['the large project and a period', { project: 'large', sinceMs: early, untilMs: late }, limit],
    ['the small project and an endpoint of others', { project: 'small', endpointId: 'ep_1' }, 0],
    ['a project without deliveries', { project: 'none', status: 'failed' }, 0],
  ] as const)('a page of %s reads nothing of other projects', async (_, filter, found) => {
    for (const order of ['newest_first', 'oldest_first'] as const) {
      const { page, read } = await rowsRead((db, cursor) =>
        findDeliveries(db, { ...filter, order }, cursor, now),
      )
      expect(page.ids).toHaveLength(found)
      expect(read).toBeLessThanOrEqual(maxTestedRead)
    }
  })
})
