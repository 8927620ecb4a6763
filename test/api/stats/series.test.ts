/** GET /v1/stats/series: the statistics by hour and by day. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SeriesView } from '../../../src/api/stats/series-view.ts'
import { recordDeadLetter } from '../../../src/engine/upkeep/dead-letter.ts'
import { apiRequest } from '../../support/api-call.ts'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith } from '../../support/api-keys.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { expectProblem } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { createShardedWorker, emptyShards } from '../../support/shards.ts'
import { failVideo, makeVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const hours = 60 * 60 * 1_000
const days = 24 * hours

beforeAll(emptyShards)

afterEach(async () => {
  await env.DB.batch(['jobs', 'counters'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})

interface Wanted {
  since?: number
  interval?: string
}

function pathOf({ since, interval = 'hour' }: Wanted): string {
  const from = since === undefined ? '' : `&since=${new Date(since).toISOString()}`
  return `/v1/stats/series?interval=${interval}${from}`
}

async function seriesOf(wanted: Wanted = {}, headers: Record<string, string> = {}): Promise<SeriesView> {
  const response = await api(pathOf(wanted), { headers })
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

/** The counts of an hour, as the ends of its jobs would have written them. */
function count(
  hourAt: number,
  counts: Record<string, number>,
  { db = env.DB, provider = 'runware', project = '' } = {},
) {
  return db
    .prepare('INSERT INTO counters (hour_at, provider, model, project, counts) VALUES (?, ?, ?, ?, ?)')
    .bind(hourAt, provider, 'seedance-2.0-mini', project, JSON.stringify(counts))
    .run()
}

const hourOf = (time: number) => Math.floor(time / hours) * hours
const dayOf = (time: number) => Math.floor(time / days) * days
const succeeded = ({ data }: SeriesView) => data.map(({ jobs }) => jobs.succeeded)

describe('the series', () => {
  it('has one part for each of the last 24 hours, also those without jobs', async () => {
    const now = world.edges.now()
    await count(hourOf(now) - 3 * hours, { succeeded: 2 })
    const { since, data } = await seriesOf()
    expect(since).toBe(new Date(hourOf(now) - 24 * hours).toISOString())
    expect(data.map(({ start_at }) => Date.parse(start_at))).toEqual(
      Array.from({ length: 25 }, (_, n) => hourOf(now) + (n - 24) * hours),
    )
    expect(data.map(({ jobs }) => jobs.succeeded)).toEqual([...Array(21).fill(0), 2, 0, 0, 0])
    expect(data[0]).toEqual({
      start_at: since,
      jobs: { queued: 0, generating: 0, storing: 0, succeeded: 0, failed: 0, canceled: 0 },
      time_to_finish: { count: 0, p50_seconds: null, p95_seconds: null },
      providers: [],
    })
  })

  it('counts the jobs of real runs, their times, costs and webhooks, in the part and in the total', async () => {
    await makeVideo()
    await failVideo()
    await postWithoutWakeUp()
    const { data, total } = await seriesOf()
    expect(total.jobs).toEqual({ queued: 1, generating: 0, storing: 0, succeeded: 1, failed: 1, canceled: 0 })
    expect(total.time_to_finish).toMatchObject({ count: 1, p50_seconds: expect.any(Number) })
    expect(total.providers).toEqual([
      {
        provider: 'runware',
        completed_via_webhook: 2,
        completed_via_poll: 0,
        missed_rate: 0,
        amount_usd: expect.any(Number),
        credits: null,
        unreported_count: 0,
      },
    ])
    expect(data.reduce((sum, { jobs }) => sum + jobs.succeeded + jobs.queued, 0)).toBe(2)
  })

  it('begins its days at midnight UTC', async () => {
    const today = dayOf(world.edges.now())
    await count(today - 1 * hours, { succeeded: 1 })
    await count(today - 24 * hours, { succeeded: 10 })
    await count(today - 25 * hours, { succeeded: 100 })
    const byDay = await seriesOf({ interval: 'day', since: today - 2 * days + 5 * hours })
    expect(byDay.data.map(({ start_at }) => start_at.slice(10))).toEqual(Array(3).fill('T00:00:00.000Z'))
    expect(succeeded(byDay)).toEqual([100, 11, 0])
    expect(byDay.total.jobs.succeeded).toBe(111)
  })

  it('shows no share of missed webhooks for a provider that sends none', async () => {
    const polled = { succeeded: 1, via_poll: 1 }
    await count(hourOf(world.edges.now()), polled, { provider: 'scenario' })
    const { total } = await seriesOf()
    expect(total.providers).toMatchObject([
      { provider: 'scenario', completed_via_poll: 1, missed_rate: null },
    ])
  })

  it('leaves out a damaged row', async () => {
    const hour = hourOf(world.edges.now())
    await count(hour - 1 * hours, { succeeded: 1 })
    await count(hour, {})
    await env.DB.prepare("UPDATE counters SET counts = '{' WHERE hour_at = ?").bind(hour).run()
    expect((await seriesOf()).total.jobs.succeeded).toBe(1)
  })

  it.each([
    ['hour', 7],
    ['day', 30],
  ])('by the %s, goes back %d days at most', async (interval, most) => {
    const now = world.edges.now()
    await seriesOf({ interval, since: now - most * days })
    for (const since of [now + 1 * hours, now - most * days - 1 * hours])
      await expectProblem(await api(pathOf({ interval, since })), 422, 'invalid_request')
  })
})

describe('a key of a project', () => {
  it('gets the numbers of its project, ended and not', async () => {
    const hour = hourOf(world.edges.now())
    await count(hour, { succeeded: 1 }, { project: 'shop' })
    await count(hour, { succeeded: 10 })
    const owner: NewApiKey = await createApiKey('shop', { project: 'shop' })
    await postJobWith(owner, { prompt: 'A boat sim(seconds=3600)' })
    const own = await seriesOf({}, bearerHeader(owner))
    expect(own.total.jobs.succeeded).toBe(1)
    expect(own.total.jobs.queued + own.total.jobs.generating).toBe(1)
    const stranger = await createApiKey('film', { project: 'film' })
    const foreign = await seriesOf({}, bearerHeader(stranger))
    expect(Object.values(foreign.total.jobs)).toEqual([0, 0, 0, 0, 0, 0])
    expect((await seriesOf()).total.jobs.succeeded).toBe(11)
  })
})

it('with several databases, the series is their sum', async () => {
  const worker = createShardedWorker(2)
  const hour = hourOf(world.edges.now())
  await count(hour, { succeeded: 3, finish_60: 3 })
  await count(hour, { succeeded: 4, finish_60: 4 }, { db: env.SHARD_1 })
  const { total, data } = await (await worker.fetch(apiRequest('GET', pathOf({})))).json<SeriesView>()
  expect([total.jobs.succeeded, total.time_to_finish.count, data.at(-1)?.jobs.succeeded]).toEqual([7, 7, 7])
})

it('the series reads the counters of its period, and unsettled jobs only', async () => {
  const now = world.edges.now()
  await env.DB.prepare(
    `INSERT INTO counters (hour_at, provider, model, counts)
     WITH RECURSIVE hour(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM hour WHERE n < 24 * 31 - 1)
     SELECT (CAST(? AS INTEGER) / 3600000 - n) * 3600000, provider.value, model.value, '{"succeeded":7,"finish_60":7}'
     FROM hour, json_each('["runware","crun"]') AS provider, json_each('["seedance-2.0","seedance-2.0-mini"]') AS model`,
  )
    .bind(now)
    .run()
  const worker = createMeteredWorker()
  const read = async (wanted: Wanted) => {
    const before = worker.bill().rowsRead
    const response = await worker.fetch(apiRequest('GET', pathOf(wanted)))
    expect(response.status).toBe(200)
    return worker.bill().rowsRead - before
  }
  const week = 7 * 24 * 4
  expect(await read({ since: now - 7 * days })).toBeLessThanOrEqual(10 * week)
  expect(await read({ since: now - 30 * days, interval: 'day' })).toBeLessThanOrEqual(10 * 31 * 24 * 4)
})

describe('messages that failed on every attempt', () => {
  it('are counted in the statistics, for the project of their job', async () => {
    const { id } = await postWithoutWakeUp()
    await recordDeadLetter(aContext(), { job: id })
    await recordDeadLetter(aContext(), { job: id })
    await recordDeadLetter(aContext(), { job: 'job_00000000000000000000000000' })
    const stranger = await createApiKey('film', { project: 'film' })
    const countFor = async (headers: Record<string, string>) =>
      (await (await api('/v1/stats', { headers })).json<{ dead_letters: number }>()).dead_letters
    expect([await countFor({}), await countFor(bearerHeader(stranger))]).toEqual([2, 0])
    expect(Object.values((await seriesOf()).total.jobs)).toEqual([1, 0, 0, 0, 0, 0])
  })
})
