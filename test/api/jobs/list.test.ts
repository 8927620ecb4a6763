import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { apiRequest } from '../../support/api-call.ts'
import { erase } from '../../support/job-calls.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, postJob } from '../../support/reelhook.ts'
import { countRows, select } from '../../support/storage.ts'
import { failVideo } from '../../support/videos.ts'

interface Page {
  data: JobView[]
  next_cursor: string | null
}

async function list(query: Record<string, string>): Promise<Page> {
  const response = await api(`/v1/jobs?${new URLSearchParams(query)}`)
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

/** Every id of a list, page by page, with the sizes of the pages. */
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

/** A time after every earlier job and before every later one. */
async function untilLater(): Promise<string> {
  const moment = Date.now() + 1
  // The clock changes only after I/O of the Worker, so each check lists the jobs.
  await vi.waitUntil(async () => (await list({ limit: '1' })) && Date.now() > moment)
  return new Date(moment).toISOString()
}

const group = { 'metadata[group]': 'seven' }
let seven: string[] = []

beforeAll(async () => {
  for (let n = 0; n < 7; n++) seven.push((await postJob({ metadata: { group: 'seven', n: `${n}` } })).id)
  seven = seven.reverse()
})

describe('the list of jobs', () => {
  it('has the newest first', async () => {
    const { ids } = await listAll(group)
    expect(ids).toEqual(seven)
  })

  it('has the oldest first if the query orders that, with every filter', async () => {
    const order = 'asc'
    const oldest = seven.toReversed()
    const late = new Date(Date.now() + 60_000).toISOString()
    const early = new Date(Date.now() - 3_600_000).toISOString()
    const pages = await listAll({ ...group, order, limit: '3' })
    expect(pages).toEqual({ ids: oldest, sizes: [3, 3, 1] })
    const period = { order, limit: '2', created_after: early, created_before: late }
    for (const filter of [{}, group, { model: 'seedance-2.0-mini' }, { status: 'succeeded' }]) {
      const newest = await listAll({ ...period, ...filter, order: 'desc' })
      expect((await listAll({ ...period, ...filter })).ids).toEqual(newest.ids.toReversed())
    }
    expect((await listAll({ order, created_after: late })).ids).toEqual([])
    expect((await listAll({ order, created_before: early })).ids).toEqual([])
  })

  it.each([
    [3, [3, 3, 1]],
    [7, [7]],
    [100, [7]],
  ])('has every job once in pages of %i', async (limit, sizes) => {
    expect(await listAll({ ...group, limit: String(limit) })).toEqual({ ids: seven, sizes })
  })

  it('does not shift when a job is created between two pages', async () => {
    const first = await list({ ...group, limit: '4' })
    const added = await postJob({ metadata: { group: 'added' } })
    const rest = await list({ limit: '100', cursor: first.next_cursor ?? '' })
    const ids = rest.data.map(({ id }) => id)
    expect(ids.slice(0, 3)).toEqual(seven.slice(4))
    expect(ids).not.toContain(added.id)
  })

  it('has twenty jobs per page by default', async () => {
    for (let n = 0; n < 14; n++) await postJob({ metadata: { group: 'more' } })
    const { data, next_cursor } = await list({})
    expect(data).toHaveLength(20)
    expect(next_cursor).not.toBeNull()
  })

  it('shows each job completely', async () => {
    const [listed] = (await list({ ...group, limit: '1' })).data
    expect(listed).toMatchObject({
      id: seven[0],
      metadata: { group: 'seven', n: '6' },
      request: {},
      tasks: [],
    })
  })
})

describe('a filter of the jobs', () => {
  it('by status finds only jobs with that status', async () => {
    const failed = await failVideo({ metadata: { group: 'failed' } })
    expect((await list({ status: 'failed' })).data.map(({ id }) => id)).toEqual([failed.id])
    expect((await list({ status: 'canceled' })).data).toEqual([])
  })

  it('by provider and model finds only jobs with both', async () => {
    const wanted = await postJob({ provider: 'crun', model: 'seedance-2.0-fast' })
    await postJob({ provider: 'crun' })
    await postJob({ provider: 'runware', model: 'seedance-2.0-fast' })
    const { ids } = await listAll({ provider: 'crun', model: 'seedance-2.0-fast' })
    expect(ids).toEqual([wanted.id])
  })

  it('by time finds the jobs created in a period', async () => {
    const created_after = await untilLater()
    const wanted = await postJob({ metadata: { group: 'between' } })
    const created_before = await untilLater()
    await postJob({ metadata: { group: 'between' } })
    expect((await listAll({ created_after, created_before })).ids).toEqual([wanted.id])
    expect((await listAll({ created_before, limit: '100' })).ids).toContain(wanted.id)
    expect((await listAll({ created_after })).ids).toHaveLength(2)
  })

  it('by metadata finds only jobs with every pair', async () => {
    const both = { ...group, 'metadata[n]': '4' }
    expect((await listAll(both)).ids).toEqual([seven[2]])
    expect((await listAll({ ...group, 'metadata[n]': 'four' })).ids).toEqual([])
  })

  it.each(['a.b', "it's", 'say "hi"', '$[0]', 'a]b', 'größe', 'back\\slash'])(
    'by metadata takes the key %s literally',
    async (key) => {
      const { id } = await postJob({ metadata: { [key]: "42' OR 1=1 --" } })
      expect((await listAll({ [`metadata[${key}]`]: "42' OR 1=1 --" })).ids).toEqual([id])
      expect((await listAll({ [`metadata[${key}]`]: '42' })).ids).toEqual([])
    },
  )

  it('by metadata takes other filters too, and finds a rare job after thousands of others', async () => {
    const [model] = seven
    const copies = `WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < 3000)`
    await select(
      `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, created_at, deadline_at)
       ${copies} SELECT printf('job_%026d', n), iif(n = 0, 'failed', 'canceled'), model, provider, providers, request,
         warnings, api_key_id, created_at, deadline_at FROM jobs, counted WHERE id = ?`,
      model,
    )
    await select(
      `INSERT INTO job_metadata (key, value, job_id) ${copies} SELECT 'kind', 'copy', printf('job_%026d', n) FROM counted`,
    )
    const rare = { 'metadata[kind]': 'copy', status: 'failed' }
    expect(await listAll(rare)).toEqual({ ids: ['job_00000000000000000000000000'], sizes: [1] })
    expect((await listAll({ 'metadata[kind]': 'copy', status: 'canceled', limit: '100' })).ids).toHaveLength(
      3_000,
    )
    expect((await listAll({ ...rare, provider: 'scenario' })).sizes).toEqual([0])
  })

  it('by metadata finds no job that is erased', async () => {
    const { id } = await failVideo({ metadata: { group: 'erased' } })
    const erased = { 'metadata[group]': 'erased' }
    expect((await listAll(erased)).ids).toEqual([id])
    const { status } = await erase(id, '?force=true')
    expect(status).toBe(204)
    expect((await listAll(erased)).ids).toEqual([])
    expect(await countRows('job_metadata', 'job_id = ?', id)).toBe(0)
  })
})

describe('a filter by a metadata key that is not indexed', () => {
  it.each([
    ['order, team', 'order', 200],
    ['order, team', 'color', 422],
    ['off', 'order', 422],
    ['*', 'color', 200],
    ['', 'color', 200],
  ])('with INDEXED_METADATA=%s and the key %s gets %i', async (INDEXED_METADATA, key, status) => {
    const worker = createMeteredWorker({ INDEXED_METADATA })
    const posted = await worker.fetch(
      apiRequest('POST', '/v1/jobs', aRequest({ metadata: { [key]: status + key } })),
    )
    const { id } = await posted.json<{ id: string }>()
    const query = new URLSearchParams({ [`metadata[${key}]`]: status + key })
    const response = await worker.fetch(apiRequest('GET', `/v1/jobs?${query}`))
    expect(response.status).toBe(status)
    if (status === 422) {
      const problem = await expectProblem(response, 422, 'invalid_request')
      expect(problem.errors).toEqual([
        {
          path: `metadata[${key}]`,
          message: 'is not indexed: the setting INDEXED_METADATA lists the keys to filter by',
        },
      ])
    }
    expect(await countRows('job_metadata', 'job_id = ?', id)).toBe(status === 200 ? 1 : 0)
  })
})

describe('an invalid query of the jobs', () => {
  it('is refused with all of its faults at once', async () => {
    const query = new URLSearchParams({
      status: 'done',
      provider: 'sora',
      model: 'seedance-1',
      created_after: 'yesterday',
      created_before: '2026-13-01',
      limit: '101',
      cursor: 'page-2',
    })
    const problem = await expectProblem(await api(`/v1/jobs?${query}`), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual([...query.keys()].sort())
  })

  it.each([
    'limit=0',
    'limit=-1',
    'limit=ten',
    'limit=1.5',
    'limit=0x10',
    'limit=1e1',
    'limit=',
    'limit=%201',
    "cursor=job_' OR 1=1 --",
    'status=failed&status=queued',
  ])('like ?%s is refused', async (query) => {
    await expectProblem(await api(`/v1/jobs?${query}`), 422, 'invalid_request')
  })
})
