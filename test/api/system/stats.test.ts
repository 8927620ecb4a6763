/** GET /v1/stats: how the jobs of a period went, and the work that is open now. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { firstIdAt } from '../../../src/core/id.ts'
import { advance } from '../../../src/engine/advance.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { countSettled, deleteOldCounters } from '../../../src/store/jobs/counters.ts'
import { insertDeliveries } from '../../support/deliveries.ts'
import { canceled, erase } from '../../support/job-calls.ts'
import { postMany } from '../../support/limited.ts'
import { createMeteredWorker, type MeteredWorker } from '../../support/meter.ts'
import { expectProblem } from '../../support/problem.ts'
import { untilWebhookResults } from '../../support/provider-webhooks.ts'
import { api, postJob, sweep, untilNotified, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { aSettledJob } from '../../support/settled-job.ts'
import { countRows, select } from '../../support/storage.ts'
import { postDirect } from '../../support/uploads.ts'
import { failVideo, finish, makeVideo } from '../../support/videos.ts'
import { publicBaseUrl, world } from '../../support/world.ts'

const seconds = 1_000
const minutes = 60 * seconds
const hours = 60 * minutes
const days = 24 * hours

interface Stats {
  since: string
  jobs_counted: number
  jobs: unknown[]
  time_to_finish: Record<string, unknown>[]
  webhooks: Record<string, unknown>[]
  costs: unknown[]
  now: { jobs: unknown; deliveries: unknown; slots: unknown[] }
}

afterEach(async () => {
  await env.DB.batch(
    ['jobs', 'slots', 'waits', 'counters'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  )
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

/** Inserts and counts ended jobs directly. The newest took one second; each older one took one second more. */
async function insertJobs(count: number, agoMs: number): Promise<void> {
  const newestAt = world.edges.now() - agoMs
  const rows = Array.from({ length: count }, (_, index) => {
    // The first ten characters of an id are its time; the rest makes it unique.
    const time = firstIdAt('job', newestAt - index).slice(0, 'job_'.length + 10)
    return [`${time}${String(index).padStart(16, '0')}`, newestAt - index, index + 1]
  })
  await env.DB.prepare(
    `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, created_at, deadline_at, settled_at)
     SELECT value ->> 0, 'succeeded', 'seedance-2.0-mini', 'runware', '[]', '{}', '[]', 'admin', value ->> 1, 0,
       (value ->> 1) + (value ->> 2) * 1000
     FROM json_each(?)`,
  )
    .bind(JSON.stringify(rows))
    .run()
  const db = openDatabase(env.DB)
  for (const [, createdAt, took] of rows) {
    const settledAt = Number(createdAt) + Number(took) * 1_000
    const job = aSettledJob(Number(createdAt), settledAt)
    const [first, ...rest] = countSettled(db, { job, tasks: [], webhooks: [] }, settledAt)
    if (first !== undefined) await db.batch([first, ...rest])
  }
}

describe('the statistics', () => {
  it('count jobs by provider and status, ends by webhook and poll, and the reported costs', async () => {
    await makeVideo()
    await makeVideo()
    await makeVideo({ provider: 'crun' })
    await failVideo()
    await failVideo({ prompt: 'A paper boat sim(submit=402)' })
    const counted = await stats()
    expect(counted.jobs).toEqual([
      { provider: 'crun', status: 'succeeded', count: 1 },
      { provider: 'runware', status: 'failed', count: 2 },
      { provider: 'runware', status: 'succeeded', count: 2 },
    ])
    expect(counted.jobs_counted).toBe(5)
    expect(counted.webhooks).toMatchObject([
      { provider: 'runware', completed_via_webhook: 3, completed_via_poll: 0, missed_rate: 0, late_count: 0 },
      { provider: 'crun', completed_via_webhook: 1, completed_via_poll: 0, missed_rate: 0, late_count: 0 },
      { provider: 'byteplus', completed_via_webhook: 0, completed_via_poll: 0, late_count: 0 },
      { provider: 'fal', completed_via_webhook: 0, completed_via_poll: 0, late_count: 0 },
    ])
    expect(counted.costs).toEqual([
      { provider: 'crun', amount_usd: null, credits: 15, unreported_count: 0 },
      { provider: 'runware', amount_usd: 0.36, credits: null, unreported_count: 0 },
    ])
  })

  it('begin again where their row is damaged, which keeps no job from its end', async () => {
    await makeVideo()
    await select("UPDATE counters SET counts = '{'")
    await makeVideo()
    expect((await stats()).jobs).toEqual([{ provider: 'runware', status: 'succeeded', count: 1 }])
  })

  it('show the share of webhooks that a provider misses, and the delay of late ones', async () => {
    await makeVideo()
    const lost = await postJob({ prompt: 'A paper boat sim(webhook=lost)' })
    const late = await postJob({ prompt: 'A paper boat sim(webhook=late)' })
    await Promise.all([untilSubmitted(lost.id), untilSubmitted(late.id)])
    await world.advance(20 * seconds)
    // A poll finds both ends before the late webhook arrives.
    await env.DB.prepare('UPDATE jobs SET due_at = 0 WHERE due_at IS NOT NULL').run()
    await sweep()
    await untilStatus(lost.id, 'succeeded')
    await untilStatus(late.id, 'succeeded')
    await world.advance(10 * minutes)
    await untilWebhookResults(late.id)
    const [runware] = (await stats()).webhooks
    expect(runware).toMatchObject({
      completed_via_webhook: 1,
      completed_via_poll: 2,
      missed_rate: 2 / 3,
      late_count: 1,
    })
    expect(runware?.late_p50_seconds).toBeGreaterThan(90)
    expect(runware?.delay_p50_seconds).toBeLessThanOrEqual(10)
  })

  it('count no webhook as missed if an upload completed the task', async () => {
    const { id } = await postDirect('webhook=lost')
    await finish(id)
    await untilStatus(id, 'succeeded')
    const [runware] = (await stats()).webhooks
    expect(runware).toMatchObject({ completed_via_webhook: 0, completed_via_poll: 0, missed_rate: null })
  })

  it('show how long jobs take, by provider and model', async () => {
    await insertJobs(100, 1 * minutes)
    const [taken, ...others] = (await stats()).time_to_finish
    expect(others).toEqual([])
    expect(taken).toMatchObject({ provider: 'runware', model: 'seedance-2.0-mini', count: 100 })
    expect(Math.abs(Number(taken?.p50_seconds) / 50 - 1)).toBeLessThan(0.1)
    expect(Math.abs(Number(taken?.p95_seconds) / 95 - 1)).toBeLessThan(0.1)
  })

  it('take one row for all jobs of an hour, a provider and a model', async () => {
    const hourAt = Math.floor(world.edges.now() / hours) * hours
    await insertJobs(50, world.edges.now() - hourAt - 10 * minutes)
    expect(await select('SELECT hour_at, counts FROM counters')).toEqual([
      { hour_at: hourAt, counts: expect.stringContaining('"succeeded":50') },
    ])
  })

  it('are empty without jobs', async () => {
    expect(await stats()).toMatchObject({ jobs_counted: 0, jobs: [], time_to_finish: [], costs: [] })
  })
})

describe('the period of the statistics', () => {
  it('is the last day, or begins at the given time', async () => {
    await insertJobs(1, 1 * minutes)
    await insertJobs(2, 2 * days)
    await insertJobs(4, 8 * days)
    expect((await stats()).jobs_counted).toBe(1)
    expect((await stats(world.edges.now() - 7 * days)).jobs_counted).toBe(3)
  })

  it.each([-1 * minutes, 7 * days + 1 * minutes])('cannot begin %d ms ago', async (agoMs) => {
    await expectProblem(await api(pathSince(world.edges.now() - agoMs)), 422, 'invalid_request')
  })

  it('begins with the hour of the given time', async () => {
    const hourAt = Math.floor(world.edges.now() / hours) * hours
    await insertJobs(1, world.edges.now() - hourAt)
    const counted = await stats(hourAt + 1)
    expect([counted.since, counted.jobs_counted]).toEqual([new Date(hourAt).toISOString(), 1])
  })

  it('counts jobs that have not ended, and jobs that were erased', async () => {
    const ended = await failVideo({ prompt: 'A paper boat sim(submit=402)' })
    await untilNotified(ended.id)
    expect((await erase(ended.id)).status).toBe(204)
    const canceledJob = await canceled((await postWithoutWakeUp()).id)
    await postWithoutWakeUp()
    expect(canceledJob.status).toBe('canceled')
    expect((await stats()).jobs).toEqual([
      { provider: 'runware', status: 'canceled', count: 1 },
      { provider: 'runware', status: 'failed', count: 1 },
      { provider: 'runware', status: 'queued', count: 1 },
    ])
  })

  it('reads one row of counters for each hour, provider and model', async () => {
    const worker = createMeteredWorker()
    const read = async (since: number) => {
      const before = worker.bill().rowsRead
      const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
      await worker.fetch(new Request(`${publicBaseUrl}${pathSince(since)}`, { headers }))
      return worker.bill().rowsRead - before
    }
    const now = world.edges.now()
    const before = await read(now - 7 * days)
    await env.DB.prepare(
      `INSERT INTO counters (hour_at, provider, model, counts)
       WITH RECURSIVE hour(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM hour WHERE n < 24 * 35 - 1)
       SELECT (CAST(? AS INTEGER) / 3600000 - n) * 3600000, provider.value, model.value, '{"succeeded":7,"finish_60":7}'
       FROM hour, json_each('["runware","crun"]') AS provider, json_each('["seedance-2.0","seedance-2.0-mini"]') AS model`,
    )
      .bind(now)
      .run()
    const rows = 7 * 24 * 4
    // Each of the two counts of a row is read, grouped, too.
    expect((await read(now - 7 * days)) - before).toBeLessThanOrEqual(7 * rows)
    expect((await stats(now - 7 * days)).jobs_counted).toBe((rows + 4) * 7)
    await deleteOldCounters(openDatabase(env.DB), now)
    expect(await countRows('counters', 'hour_at < ?', now - 31 * days)).toBe(0)
    expect(await countRows('counters')).toBeGreaterThanOrEqual(30 * 24 * 4)
  })
})

const noneOverdue = { overdue: 0, oldest_overdue_seconds: null }
const noneDisabled = { disabled_endpoints: 0, disabled_callbacks: 0 }

describe('the open work in the statistics', () => {
  it('is empty when all jobs and deliveries have ended', async () => {
    expect((await stats()).now).toEqual({
      jobs: { ...noneOverdue, lease_expired: 0, past_deadline: 0, job_ids: [] },
      deliveries: { pending: 0, ...noneOverdue, oldest_pending_seconds: null, ...noneDisabled },
      slots: [],
      database: { bytes: expect.any(Number), max_bytes: 10_000_000_000, share: 0 },
      tried_last: [],
      storage: { missing_objects: 0, last_reconciliation: null },
    })
  })

  it('counts overdue jobs, those with an expired lease, and those past their deadline', async () => {
    const [forgotten, died] = [await postWithoutWakeUp(), await postWithoutWakeUp({ deadline_seconds: 60 })]
    // The step dies during its call.
    const fetch = () => Promise.withResolvers<never>().promise
    void advance(aContext({ fetch }), died.id)
    await expect.poll(() => countRows('tasks', 'job_id = ?', died.id)).toBe(1)
    await world.advance(3 * 60 * minutes)
    expect((await stats()).now.jobs).toEqual({
      overdue: 2,
      lease_expired: 1,
      past_deadline: 2,
      oldest_overdue_seconds: 3 * 60 * 60,
      job_ids: expect.arrayContaining([forgotten.id, died.id]),
    })
    expect(forgotten.status).toBe('queued')
  })

  it('counts the deliveries that wait for their next attempt', async () => {
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    await failVideo({ prompt: 'A paper boat sim(submit=402)' })
    await expect.poll(async () => (await stats()).now.deliveries).toMatchObject({ pending: 1 })
  })

  it('counts deliveries that wait for a host, as overdue only when the host is overdue', async () => {
    const ids = await insertDeliveries(2, 'https://line.test/hook')
    await env.DB.batch([
      env.DB.prepare('DELETE FROM deliveries WHERE id NOT IN (?, ?)').bind(...ids),
      env.DB.prepare("UPDATE deliveries SET due_at = NULL, reason = 'waiting_for_host'"),
      env.DB.prepare(
        "INSERT INTO hosts (host, owner_id, failures, consecutive_outages, failing_paths, due_at) VALUES ('line.test', 'admin', 1, 1, '[]', ?)",
      ).bind(world.edges.now() + 60 * minutes),
    ])
    await world.advance(30 * minutes)
    const waiting = { pending: 2, oldest_pending_seconds: 30 * 60, ...noneOverdue }
    expect((await stats()).now.deliveries).toMatchObject(waiting)
    await world.advance(31 * minutes)
    expect((await stats()).now.deliveries).toMatchObject({ overdue: 2, oldest_overdue_seconds: 60 })
    await env.DB.prepare('DELETE FROM hosts').run()
  })

  it('counts the slots in use at providers with a limit, and the jobs that wait for one', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '2' })
    await postMany(worker, 5)
    await worker.drain()
    expect((await statsOf(worker)).now.slots).toEqual([
      { provider: 'runware', limit: 2, in_use: 2, waiting: 3 },
    ])
  })
})
