/** GET /v1/stats: how it went, and what is owed. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { firstIdAt } from '../../../src/core/id.ts'
import { advance } from '../../../src/engine/advance.ts'
import { insertDeliveries } from '../../support/deliveries.ts'
import { postMany } from '../../support/limited.ts'
import { createMeteredWorker, type MeteredWorker } from '../../support/meter.ts'
import { expectProblem } from '../../support/problem.ts'
import { untilHeard } from '../../support/provider-webhooks.ts'
import { api, postJob, sweep, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { aContext, postUnnudged } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import { postDirect } from '../../support/uploads.ts'
import { failVideo, finish, makeVideo } from '../../support/videos.ts'
import { publicBaseUrl, world } from '../../support/world.ts'

const seconds = 1_000
const minutes = 60 * seconds
const days = 24 * 60 * minutes

interface Stats {
  since: string
  jobs_counted: number
  cut: boolean
  jobs: unknown[]
  time_to_finish: unknown[]
  webhooks: Record<string, unknown>[]
  money: unknown[]
  now: { jobs: unknown; deliveries: unknown; slots: unknown[] }
}

afterEach(async () => {
  await env.DB.batch(['jobs', 'slots', 'waits'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})

async function stats(since?: number): Promise<Stats> {
  return read(await api(pathSince(since)))
}

async function statsOf(worker: MeteredWorker): Promise<Stats> {
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
  return read(await worker.fetch(new Request(`${publicBaseUrl}/v1/stats`, { headers })))
}

function pathSince(since?: number): string {
  return since === undefined ? '/v1/stats' : `/v1/stats?since=${new Date(since).toISOString()}`
}

async function read(response: Response): Promise<Stats> {
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

/** Jobs past the product: the newest made so long ago and finished in a second, each older one takes a second more. */
async function insertJobs(count: number, agoMs: number): Promise<void> {
  const madeAt = world.edges.now() - agoMs
  const rows = Array.from({ length: count }, (_, index) => {
    // The time stands in the first ten characters; what follows tells them apart.
    const time = firstIdAt('job', madeAt - index).slice(0, 'job_'.length + 10)
    return [`${time}${String(index).padStart(16, '0')}`, madeAt - index, index + 1]
  })
  await env.DB.prepare(
    `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, created_at, deadline_at, settled_at)
     SELECT value ->> 0, 'succeeded', 'seedance-2.0-mini', 'runware', '[]', '{}', '[]', 'admin', value ->> 1, 0,
       (value ->> 1) + (value ->> 2) * 1000
     FROM json_each(?)`,
  )
    .bind(JSON.stringify(rows))
    .run()
}

describe('the stats', () => {
  it('count jobs by provider and status, tell who won, and add up the bills', async () => {
    await makeVideo()
    await makeVideo()
    await makeVideo({ provider: 'crun' })
    await failVideo()
    await failVideo({ prompt: 'A paper boat sim(submit=402)' })
    const told = await stats()
    expect(told.jobs).toEqual([
      { provider: 'crun', status: 'succeeded', count: 1 },
      { provider: 'runware', status: 'failed', count: 2 },
      { provider: 'runware', status: 'succeeded', count: 2 },
    ])
    expect(told).toMatchObject({ jobs_counted: 5, cut: false })
    expect(told.webhooks).toMatchObject([
      { provider: 'runware', completed_via_webhook: 3, completed_via_poll: 0, loss: 0, late: 0 },
      { provider: 'crun', completed_via_webhook: 1, completed_via_poll: 0, loss: 0, late: 0 },
    ])
    expect(told.money).toEqual([
      { provider: 'crun', amount_usd: null, credits: 15, unreported: 0 },
      { provider: 'runware', amount_usd: 0.36, credits: null, unreported: 0 },
    ])
  })

  it('tell which share of the webhooks a provider loses, and how late the late ones are', async () => {
    await makeVideo()
    const lost = await postJob({ prompt: 'A paper boat sim(webhook=lost)' })
    const late = await postJob({ prompt: 'A paper boat sim(webhook=late)' })
    await Promise.all([untilSubmitted(lost.id), untilSubmitted(late.id)])
    await world.advance(20 * seconds)
    // A poll finds both ends, before the late webhook comes.
    await env.DB.prepare('UPDATE jobs SET due_at = 0 WHERE due_at IS NOT NULL').run()
    await sweep()
    await untilStatus(lost.id, 'succeeded')
    await untilStatus(late.id, 'succeeded')
    await world.advance(10 * minutes)
    await untilHeard(late.id)
    const [runware] = (await stats()).webhooks
    expect(runware).toMatchObject({ completed_via_webhook: 1, completed_via_poll: 2, loss: 2 / 3, late: 1 })
    expect(runware?.late_p50_seconds).toBeGreaterThan(90)
    expect(runware?.delay_p50_seconds).toBeLessThanOrEqual(10)
  })

  it('count no webhook as lost of which the upload told first', async () => {
    const { id } = await postDirect('webhook=lost')
    await finish(id)
    await untilStatus(id, 'succeeded')
    const [runware] = (await stats()).webhooks
    expect(runware).toMatchObject({ completed_via_webhook: 0, completed_via_poll: 0, loss: null })
  })

  it('tell how long jobs take, by provider and model', async () => {
    await insertJobs(100, 1 * minutes)
    expect((await stats()).time_to_finish).toEqual([
      { provider: 'runware', model: 'seedance-2.0-mini', jobs: 100, p50_seconds: 50, p95_seconds: 95 },
    ])
  })

  it('are empty where there is nothing', async () => {
    expect(await stats()).toMatchObject({ jobs_counted: 0, jobs: [], time_to_finish: [], money: [] })
  })
})

describe('the window', () => {
  it('is the last day, or begins where it is said to', async () => {
    await insertJobs(1, 1 * minutes)
    await insertJobs(2, 2 * days)
    await insertJobs(4, 8 * days)
    expect((await stats()).jobs_counted).toBe(1)
    expect((await stats(world.edges.now() - 7 * days)).jobs_counted).toBe(3)
  })

  it.each([-1 * minutes, 7 * days + 1 * minutes])('does not begin %d ms ago', async (agoMs) => {
    await expectProblem(await api(pathSince(world.edges.now() - agoMs)), 422, 'invalid_request')
  })

  it('is cut at the ten thousand newest jobs, and says so', async () => {
    await insertJobs(10_200, 1 * minutes)
    const { jobs_counted, cut, since } = await stats()
    expect([jobs_counted, cut]).toEqual([10_000, true])
    expect(Date.parse(since)).toBeCloseTo(world.edges.now() - 1 * minutes - 9_999, -2)
  })

  it('is all that is read, however much lies before it', async () => {
    const costOf = async () => {
      const worker = createMeteredWorker()
      await statsOf(worker)
      return worker.bill().rowsRead
    }
    await insertJobs(20, 1 * minutes)
    const before = await costOf()
    await insertJobs(5_000, 3 * days)
    // One row more: the first that lies outside.
    expect(await costOf()).toBeLessThanOrEqual(before + 1)
  })
})

describe('what is owed now', () => {
  it('is nothing when all is done', async () => {
    expect((await stats()).now).toEqual({
      jobs: { overdue: 0, oldest_overdue_seconds: null, lease_expired: 0, beyond_deadline: 0 },
      deliveries: { pending: 0, oldest_pending_seconds: null, overdue: 0, oldest_overdue_seconds: null },
      slots: [],
      storage: { lost: 0, last_round: null },
    })
  })

  it('is what nobody has come for, with the steps that died and the jobs beyond their deadline', async () => {
    const [forgotten, died] = [await postUnnudged(), await postUnnudged({ deadline_seconds: 60 })]
    // Killed in the middle of the call.
    const fetch = () => Promise.withResolvers<never>().promise
    void advance(aContext({ fetch }), died.id)
    await expect.poll(() => countRows('tasks', 'job_id = ?', died.id)).toBe(1)
    await world.advance(3 * 60 * minutes)
    expect((await stats()).now.jobs).toEqual({
      ...{ overdue: 2, lease_expired: 1, beyond_deadline: 2 },
      oldest_overdue_seconds: 3 * 60 * 60,
    })
    expect(forgotten.status).toBe('queued')
  })

  it('is the deliveries that wait for their next attempt', async () => {
    world.caller.answerNext(() => new Response('no', { status: 500 }))
    await failVideo({ prompt: 'A paper boat sim(submit=402)' })
    await expect.poll(async () => (await stats()).now.deliveries).toMatchObject({ pending: 1 })
  })

  it('is who stands in the line of a host, overdue only when nobody looks after the line', async () => {
    const ids = await insertDeliveries(2, 'https://line.test/hook')
    await env.DB.batch([
      env.DB.prepare('DELETE FROM deliveries WHERE id NOT IN (?, ?)').bind(...ids),
      env.DB.prepare("UPDATE deliveries SET due_at = NULL, reason = 'waiting_for_host'"),
      env.DB.prepare(
        "INSERT INTO hosts (host, owner_id, failures, consecutive_outages, failing_paths, due_at) VALUES ('line.test', 'admin', 1, 1, '[]', ?)",
      ).bind(world.edges.now() + 60 * minutes),
    ])
    await world.advance(30 * minutes)
    const waiting = { pending: 2, oldest_pending_seconds: 30 * 60 }
    expect((await stats()).now.deliveries).toEqual({
      ...waiting,
      ...{ overdue: 0, oldest_overdue_seconds: null },
    })
    await world.advance(31 * minutes)
    expect((await stats()).now.deliveries).toMatchObject({ overdue: 2, oldest_overdue_seconds: 60 })
    await env.DB.prepare('DELETE FROM hosts').run()
  })

  it('is the slots of providers with a limit, and who waits for one', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '2' })
    await postMany(worker, 5)
    await worker.drain()
    expect((await statsOf(worker)).now.slots).toEqual([
      { provider: 'runware', limit: 2, taken: 2, waiting: 3 },
    ])
  })
})
