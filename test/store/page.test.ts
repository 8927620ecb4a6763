/** Pages over real rows: complete, in order, filtered, and bounded. */

import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { firstIdAt } from '../../src/core/id.ts'
import { openDatabase } from '../../src/store/database.ts'
import { listDeliveries } from '../../src/store/deliveries/log.ts'
import { listJobs } from '../../src/store/jobs/list.ts'
import {
  candidateId,
  findPage,
  literal,
  mergePages,
  type Page,
  pageOf,
  type Search,
} from '../../src/store/page.ts'
import { jobs } from '../../src/store/schema.ts'
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

const all: Search = { order: 'newest_first', ranges: [{ table: jobs, id: jobs.id, where: sql`1` }] }

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

  it('merge many ranges in order', async () => {
    const ids: string[] = []
    for (let n = 0; n < 70; n++) ids.unshift(await jobAt(idAt(start, n)))
    const ranges = Array.from({ length: 35 }, (_, n) => ({
      table: jobs,
      id: jobs.id,
      where: sql`substr(${jobs.id}, -2) IN (${idAt(start, n).slice(-2)}, ${idAt(start, 69 - n).slice(-2)})`,
    }))
    for (const order of ['newest_first', 'oldest_first'] as const) {
      const pages = await everyPage({ order, ranges }, 9)
      expect(pages.flat()).toEqual(order === 'newest_first' ? ids : ids.toReversed())
    }
  })

  it('hold only rows that pass a test, and are never empty before the end', async () => {
    const ids: string[] = []
    for (let n = 0; n < 50; n++) ids.push(await jobAt(idAt(start, n)))
    const [rare = '', , other = ''] = ids
    const isIn = (some: string[]) => sql`${candidateId} IN (${sql.join(some.map(literal), sql`, `)})`
    expect(await everyPage({ ...all, test: isIn([rare]) }, 5)).toEqual([[rare]])
    expect(await everyPage({ ...all, test: isIn([rare, other]) }, 1)).toEqual([[other], [rare]])
    expect(await everyPage({ ...all, test: isIn(ids) }, 20)).toEqual([
      ids.toReversed().slice(0, 20),
      ids.toReversed().slice(20, 40),
      ids.toReversed().slice(40),
    ])
    expect(await everyPage({ ...all, order: 'oldest_first', test: sql`0` }, 5)).toEqual([[]])
  })

  it('hold no more bytes than fit, but always one row', async () => {
    const { request } = await insertedJob()
    await select('DELETE FROM jobs')
    const large = { request: { ...request, prompt: 'x'.repeat(1_500_000) } }
    for (const n of [0, 1, 2]) await jobAt(idAt(start, n), large)
    const { jobs: page, next } = await listJobs([db], { metadata: {} }, { after: null, limit: 10 })
    expect([page.map(({ id }) => id), next]).toEqual([[idAt(start, 2)], idAt(start, 2)])
  })
})

describe('pages of several databases', () => {
  const databases = [openDatabase(env.DB), openDatabase(env.DB), openDatabase(env.DB)]
  const [first, second] = databases

  /** Of seven rows the first database has 1 and 4, the second 2 and 5, the third the others. */
  function rowsOf(db: unknown): string[] {
    return ['1', '2', '3', '4', '5', '6', '7'].filter((id) =>
      db === first ? '14'.includes(id) : db === second ? '25'.includes(id) : '367'.includes(id),
    )
  }

  async function everyMerged(limit: number, fitting: number): Promise<string[][]> {
    const pages: string[][] = []
    let after: string | null = null
    do {
      const page: { rows: { id: string }[]; next: string | null } = await mergePages(
        databases,
        {
          order: 'oldest_first',
          find: async (db, from): Promise<Page> =>
            pageOf(
              rowsOf(db).filter((id) => from.after === null || id > from.after),
              from.limit,
            ),
          read: async (_, ids) => ({
            rows: ids.slice(0, fitting).map((id) => ({ id })),
            cutAfter: ids.length > fitting ? (ids[fitting - 1] ?? null) : null,
          }),
        },
        { after, limit },
      )
      pages.push(page.rows.map(({ id }) => id))
      after = page.next
    } while (after !== null && pages.length < 20)
    return pages
  }

  it.each([
    [3, [['1', '2', '3'], ['4', '5', '6'], ['7']]],
    [7, [['1', '2', '3', '4', '5', '6', '7']]],
    [100, [['1', '2', '3', '4', '5', '6', '7']]],
  ])('hold each row once and in order, %i at a time', async (limit, pages) => {
    expect(await everyMerged(limit, 100)).toEqual(pages)
  })

  it('leave no row out after one that did not fit', async () => {
    expect((await everyMerged(7, 1)).flat()).toEqual(['1', '2', '3', '4', '5', '6', '7'])
  })
})

describe('the list of jobs', () => {
  it('is bounded by time: after the one moment, before the other', async () => {
    for (const offset of [0, 1, 2, 3]) await jobAt(idAt(start + offset, 0))
    const filter = { createdAfterMs: start, createdBeforeMs: start + 3, metadata: {} }
    const page = await listJobs([db], filter, { after: null, limit: 10 })
    expect(page.jobs.map(({ id }) => id)).toEqual([idAt(start + 2, 0), idAt(start + 1, 0)])
  })

  it('leaves erased jobs out', async () => {
    await jobAt(idAt(start, 0))
    await jobAt(idAt(start, 1))
    await select('UPDATE jobs SET erased_at = 1 WHERE id = ?', idAt(start, 1))
    const page = await listJobs([db], { metadata: {} }, { after: null, limit: 10 })
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
      (await listDeliveries([db], filter, { after: null, limit: 10 }, start)).deliveries.map(({ id }) => id)
    expect(await ids({ jobId })).toEqual([pending, failed])
    expect(await ids({ jobId, status: 'failed' })).toEqual([failed])
    expect(await ids({ jobId, status: 'failed', eventType: 'job.succeeded' })).toEqual([])
    expect(await ids({ endpointId: 'ep_1', status: 'pending' })).toHaveLength(2)
  })
})
