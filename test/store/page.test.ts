/** Pages over real rows: complete, in order, filtered, and bounded. */
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { firstIdAt } from '../../src/core/id.ts'
import { openDatabase } from '../../src/store/database.ts'
import { listDeliveries } from '../../src/store/deliveries/log.ts'
import { listJobs } from '../../src/store/jobs/list.ts'
import { findPage, maxRowsScanned, type Search } from '../../src/store/page.ts'
import { jobs } from '../../src/store/schema.ts'
import { createMeteredWorker } from '../support/meter.ts'
import { select } from '../support/storage.ts'
import { db, insertedDeliveries, insertedJob, start } from './rows.ts'

const base32 = '0123456789abcdefghjkmnpqrstvwxyz'

/** The n-th id of one millisecond. */
function idAt(timeMs: number, n: number): string {
  return `${firstIdAt('job', timeMs).slice(0, -2)}${base32[Math.floor(n / 32)]}${base32[n % 32]}`
}

async function jobAt(id: string, overrides: Parameters<typeof insertedJob>[0] = {}) {
  await insertedJob({ ...overrides, id })
  return id
}

/** Copies a job; the ids of the copies sort before all others. */
async function multiply(id: string, count: number): Promise<void> {
  await select(
    `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, created_at, deadline_at)
     WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${count})
     SELECT printf('job_%026d', n), status, model, 'crun', providers, request, warnings, api_key_id, created_at, deadline_at
     FROM jobs, counted WHERE id = ?`,
    id,
  )
}

const all: Search = { table: jobs, order: 'newest_first', range: [], filter: [] }

async function everyPage(search: Search, limit: number) {
  const pages: string[][] = []
  let after: string | null = null
  do {
    const page: { ids: string[]; next: string | null } = await findPage(db, search, { after, limit })
    pages.push(page.ids)
    after = page.next
  } while (after !== null && pages.length < 100)
  return pages
}

beforeEach(async () => {
  await select('DELETE FROM jobs')
})

describe('pages of a table', () => {
  it.each(['newest_first', 'oldest_first'] as const)(
    'hold each row once and in order, %s, though all are of one millisecond',
    async (order) => {
      const ids: string[] = []
      for (let n = 0; n < 23; n++) ids.push(await jobAt(idAt(start, n)))
      if (order === 'newest_first') ids.reverse()
      const pages = await everyPage({ ...all, order }, 5)
      expect(pages.flat()).toEqual(ids)
      expect(pages.map(({ length }) => length)).toEqual([5, 5, 5, 5, 3])
    },
  )

  it('end without an empty page if the last one is full', async () => {
    for (let n = 0; n < 10; n++) await jobAt(idAt(start, n))
    expect((await everyPage(all, 5)).map(({ length }) => length)).toEqual([5, 5])
  })

  it('neither repeat nor skip a row when rows are inserted and deleted between two pages', async () => {
    const ids: string[] = []
    for (let n = 10; n < 16; n++) ids.unshift(await jobAt(idAt(start, n)))
    const first = await findPage(db, all, { after: null, limit: 3 })
    await jobAt(idAt(start, 20))
    // The row of the cursor itself goes.
    await select('DELETE FROM jobs WHERE id = ?', first.next)
    const second = await findPage(db, all, { after: first.next, limit: 3 })
    expect([...first.ids, ...second.ids]).toEqual(ids)
  })

  it('hold only the rows that the filter selects, and find a rare one far behind', async () => {
    const sample = await jobAt(idAt(start, 0))
    await multiply(sample, maxRowsScanned + 100)
    await select("UPDATE jobs SET provider = 'scenario' WHERE id = ?", `job_${'1'.padStart(26, '0')}`)
    const pages = await everyPage({ ...all, filter: [eq(jobs.provider, 'scenario')] }, 5)
    expect(pages).toEqual([[], ['job_00000000000000000000000001']])
  })

  it('scan exactly up to a bound, and go on after it', async () => {
    const sample = await jobAt(idAt(start, 0))
    await multiply(sample, maxRowsScanned - 1)
    const never = { ...all, filter: [eq(jobs.provider, 'aimlapi')] }
    // As many rows as one page scans: whether there are more is not known until the next page.
    expect(await everyPage(never, 5)).toEqual([[], []])
    await select("DELETE FROM jobs WHERE id = 'job_00000000000000000000000001'")
    expect(await everyPage(never, 5)).toEqual([[]])
  })

  it('read a bounded number of rows, however large the table is', async () => {
    const sample = await jobAt(idAt(start, 0))
    const rowsRead = async () => {
      const { bindings, bill } = createMeteredWorker()
      if (bindings.DB === undefined) throw new Error('the meter has a database')
      const filter = { provider: 'aimlapi' as const, metadata: {} }
      await listJobs(openDatabase(bindings.DB), filter, { after: null, limit: 10 })
      return bill().rowsRead
    }
    await multiply(sample, 2 * maxRowsScanned)
    const few = await rowsRead()
    await select('DELETE FROM jobs WHERE id <> ?', sample)
    await multiply(sample, 6 * maxRowsScanned)
    expect(await rowsRead()).toBe(few)
    expect(few).toBeLessThanOrEqual(4 * maxRowsScanned + 10)
  })

  it('hold no more bytes than fit, but always one row', async () => {
    const { request } = await insertedJob()
    await select('DELETE FROM jobs')
    const large = { request: { ...request, prompt: 'x'.repeat(1_500_000) } }
    for (const n of [0, 1, 2]) await jobAt(idAt(start, n), large)
    const { jobs: page, next } = await listJobs(db, { metadata: {} }, { after: null, limit: 10 })
    expect([page.map(({ id }) => id), next]).toEqual([[idAt(start, 2)], idAt(start, 2)])
  })
})

describe('the list of jobs', () => {
  it('is bounded by time: after the one moment, before the other', async () => {
    for (const offset of [0, 1, 2, 3]) await jobAt(idAt(start + offset, 0))
    const filter = { createdAfterMs: start, createdBeforeMs: start + 3, metadata: {} }
    const page = await listJobs(db, filter, { after: null, limit: 10 })
    expect(page.jobs.map(({ id }) => id)).toEqual([idAt(start + 2, 0), idAt(start + 1, 0)])
  })

  it('leaves erased jobs out', async () => {
    await jobAt(idAt(start, 0))
    await jobAt(idAt(start, 1))
    await select('UPDATE jobs SET erased_at = 1 WHERE id = ?', idAt(start, 1))
    const page = await listJobs(db, { metadata: {} }, { after: null, limit: 10 })
    expect(page.jobs.map(({ id }) => id)).toEqual([idAt(start, 0)])
  })
})

describe('the list of deliveries', () => {
  it('takes every filter together', async () => {
    const own = await insertedDeliveries(2, 'https://one.test/hook')
    await insertedDeliveries(2, 'https://two.test/hook', { endpointId: 'ep_1' })
    const [failed = '', pending = ''] = own
    await select("UPDATE deliveries SET status = 'failed' WHERE id = ?", failed)
    const [row] = await select<{ job_id: string }>('SELECT job_id FROM deliveries WHERE id = ?', failed)
    const jobId = row?.job_id
    const ids = async (filter: Parameters<typeof listDeliveries>[1]) =>
      (await listDeliveries(db, filter, { after: null, limit: 10 })).deliveries.map(({ id }) => id)
    expect(await ids({ jobId })).toEqual([pending, failed])
    expect(await ids({ jobId, status: 'failed' })).toEqual([failed])
    expect(await ids({ jobId, status: 'failed', eventType: 'job.succeeded' })).toEqual([])
    expect(await ids({ endpointId: 'ep_1', status: 'pending' })).toHaveLength(2)
  })
})
