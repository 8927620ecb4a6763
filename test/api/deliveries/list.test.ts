/** The list of deliveries: newest first, with filters and a cursor, at a limited cost. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type DeliveryView, insertDeliveries } from '../../support/deliveries.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'
import { select } from '../../support/storage.ts'
import { publicBaseUrl, world } from '../../support/world.ts'

interface Page {
  data: DeliveryView[]
  next_cursor: string | null
}

async function list(query: Record<string, string>): Promise<Page> {
  const response = await api(`/v1/deliveries?${new URLSearchParams(query)}`)
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

async function listAll(query: Record<string, string>): Promise<{ ids: string[]; sizes: number[] }> {
  const pages: Page[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await list({ ...query, ...(cursor && { cursor }) })
    pages.push(page)
    cursor = page.next_cursor
  }
  return {
    ids: pages.flatMap(({ data }) => data.map(({ id }) => id)),
    sizes: pages.map(({ data }) => data.length),
  }
}

const at = (timeMs: number) => new Date(timeMs).toISOString()

let seven: string[] = []
let jobId = ''
let startedAtMs = 0

beforeAll(async () => {
  await insertDeliveries(3, 'https://hooks.test/other')
  startedAtMs = Date.now()
  seven = (await insertDeliveries(7, 'https://hooks.test/hook')).reverse()
  const [row] = await select<{ job_id: string }>('SELECT job_id FROM deliveries WHERE id = ?', seven[0])
  jobId = row?.job_id ?? ''
  await select("UPDATE deliveries SET status = 'failed', reason = 'exhausted' WHERE id = ?", seven[1])
  await select("UPDATE deliveries SET endpoint_id = 'ep_1' WHERE id IN (?, ?)", seven[2], seven[3])
  await select("UPDATE deliveries SET event_type = 'output.stored' WHERE id = ?", seven[3])
})

describe('the list of deliveries', () => {
  it('has the deliveries of all jobs, newest first', async () => {
    const { ids } = await listAll({ limit: '100' })
    expect(ids.filter((id) => seven.includes(id))).toEqual(seven)
    expect(ids.length).toBeGreaterThanOrEqual(10)
  })

  it.each([
    [3, [3, 3, 1]],
    [7, [7]],
    [100, [7]],
  ])('has every delivery once in pages of %i', async (limit, sizes) => {
    expect(await listAll({ job_id: jobId, limit: String(limit) })).toEqual({ ids: seven, sizes })
  })

  it('does not shift when a delivery is added between two pages', async () => {
    const first = await list({ limit: '4', since: at(startedAtMs) })
    const [added] = await insertDeliveries(1, 'https://hooks.test/late')
    const rest = await list({ limit: '100', cursor: first.next_cursor ?? '' })
    expect(rest.data.map(({ id }) => id)).not.toContain(added)
    await select('DELETE FROM deliveries WHERE id = ?', added)
  })
})

describe('a filter of the deliveries', () => {
  it('by status, endpoint and type finds only deliveries that match all of them', async () => {
    expect((await listAll({ job_id: jobId, status: 'failed' })).ids).toEqual([seven[1]])
    expect((await listAll({ endpoint_id: 'ep_1' })).ids).toEqual([seven[2], seven[3]])
    expect((await listAll({ endpoint_id: 'ep_1', event_type: 'output.stored' })).ids).toEqual([seven[3]])
    expect((await listAll({ endpoint_id: 'ep_1', status: 'delivered' })).ids).toEqual([])
    expect((await listAll({ job_id: 'job_none' })).ids).toEqual([])
  })

  it('by time finds the deliveries created in a period', async () => {
    const [since, until] = [at(startedAtMs), at(Date.now() + 60_000)]
    expect((await listAll({ since, until, job_id: jobId })).ids).toEqual(seven)
    expect((await listAll({ until: since, job_id: jobId })).ids).toEqual([])
    expect((await listAll({ since: until })).ids).toEqual([])
  })

  it('finds a rare delivery after thousands of others at once', async () => {
    const copy = (count: number, from: number) =>
      select(
        `INSERT INTO deliveries (id, job_id, event_id, event_type, url, host, body, status, attempts, created_at)
         WITH RECURSIVE counted(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM counted WHERE n < ${from + count - 1})
         SELECT printf('dlv_%026d', n), job_id, event_id, event_type, url, host, body,
                iif(n = 0, 'failed', 'delivered'), 1, created_at FROM deliveries, counted WHERE id = ?`,
        seven[0],
      )
    const readForPage = async () => {
      const worker = createMeteredWorker()
      const query = new URLSearchParams({ status: 'failed', until: at(1) })
      const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
      await worker.fetch(new Request(`${publicBaseUrl}/v1/deliveries?${query}`, { headers }))
      return worker.bill().rowsRead
    }
    await copy(2_000, 0)
    const before = await readForPage()
    await copy(4_000, 2_000)
    expect(await readForPage()).toBe(before)
    expect(before).toBeLessThanOrEqual(20)

    const rare = { ids: ['dlv_00000000000000000000000000'], sizes: [1] }
    expect(await listAll({ status: 'failed', until: at(1) })).toEqual(rare)
    await select("UPDATE deliveries SET endpoint_id = 'ep_busy' WHERE id < 'dlv_00000000000000000000006000'")
    expect(await listAll({ status: 'failed', endpoint_id: 'ep_busy' })).toEqual(rare)
  })

  it('by status finds a pending delivery whether or not its attempt is under way', async () => {
    const pending = async () => (await listAll({ status: 'pending', job_id: jobId })).ids
    const listed = async () =>
      (await listAll({ status: 'pending', limit: '100' })).ids.filter((id) => seven.includes(id))
    const before = await pending()
    expect(await listed()).toEqual(before)
    const [one, other] = before
    await select(
      "UPDATE deliveries SET lease = 'a lease', due_at = ? WHERE id = ?",
      world.edges.now() + 50_000,
      one,
    )
    await select(
      "UPDATE deliveries SET lease = 'a lease', due_at = ? WHERE id = ?",
      world.edges.now() - 50_000,
      other,
    )
    expect(await listed()).toEqual(before)
    expect((await listAll({ event_type: 'job.failed', limit: '100' })).ids).toContain(one)
    await select('UPDATE deliveries SET lease = NULL WHERE id IN (?, ?)', one, other)
  })

  it('by job reads only the rows of that job', async () => {
    const worker = createMeteredWorker()
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
    const [row] = await select<{ job_id: string }>(
      'SELECT job_id FROM deliveries WHERE job_id <> ? LIMIT 1',
      jobId,
    )
    await worker.fetch(new Request(`${publicBaseUrl}/v1/deliveries?job_id=${row?.job_id}`, { headers }))
    expect(worker.bill().rowsRead).toBeLessThan(50)
  })
})

describe('a delivery with many attempts', () => {
  it('shows the latest twenty and the total count', async () => {
    const [id] = seven
    for (let n = 1; n <= 32; n++) {
      await select(
        'INSERT INTO attempts (delivery_id, n, started_at, duration_ms) VALUES (?, ?, 1, 1)',
        id,
        n,
      )
    }
    await select(
      'UPDATE deliveries SET attempts = 33, last_started_at = 1, last_duration_ms = 1 WHERE id = ?',
      id,
    )
    const [delivery] = (await list({ job_id: jobId, limit: '1' })).data
    expect(delivery?.attempt_count).toBe(33)
    expect(delivery?.attempts.map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, n) => n + 14))
  })
})

describe('an invalid query of the deliveries', () => {
  it('is refused with all of its faults at once', async () => {
    const query = new URLSearchParams({
      status: 'lost',
      event_type: 'job.born',
      since: 'yesterday',
      until: '2026-13-01',
      limit: '101',
      cursor: 'page-2',
      stauts: 'failed',
    })
    const problem = await expectProblem(await api(`/v1/deliveries?${query}`), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual([...query.keys()].sort())
  })

  it.each([
    'limit=0',
    'limit=ten',
    'limit=0x10',
    'limit=',
    "cursor=dlv_' OR 1=1 --",
    'status=failed&status=pending',
  ])('like ?%s is refused', async (query) => {
    await expectProblem(await api(`/v1/deliveries?${query}`), 422, 'invalid_request')
  })
})
