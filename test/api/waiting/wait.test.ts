/** Requests that wait for the end of a job. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { maxWaits, maxWaitsPerKey } from '../../../src/core/schedule/watch.ts'
import { bearerHeader, createApiKey, postJobWith } from '../../support/api-keys.ts'
import { canceled, erase } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, aRequest } from '../../support/reelhook.ts'
import { postWithoutWakeUp } from '../../support/runtime.ts'
import { failVideo } from '../../support/videos.ts'
import { createWaitingWorker, type WaitingWorker } from '../../support/waiting.ts'
import { world } from '../../support/world.ts'

let worker: WaitingWorker

beforeEach(() => {
  worker = createWaitingWorker()
})

const stay = { prompt: 'A paper boat sim(seconds=3600)' }

async function lastJob(): Promise<string> {
  const { data } = await (await api('/v1/jobs?limit=1')).json<{ data: { id: string }[] }>()
  return data[0]?.id ?? ''
}

function posting(prefer: string, overrides: Record<string, unknown> = stay): Promise<Response> {
  return worker.request('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer },
    body: JSON.stringify(aRequest(overrides)),
  })
}

describe('GET /v1/jobs/:id?wait', () => {
  it('responds at once if the job has ended', async () => {
    const { id } = await failVideo()
    const startedAt = world.edges.now()
    const response = await worker.request(`/v1/jobs/${id}?wait=60`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ id, status: 'failed' })
    expect(world.edges.now()).toBe(startedAt)
  })

  it('responds as soon as the job has ended', async () => {
    const { id } = await postWithoutWakeUp()
    const startedAt = world.edges.now()
    const response = worker.request(`/v1/jobs/${id}?wait=60`)
    await worker.pass(3_000)
    await canceled(id)
    const job = await (await worker.passUntil(response)).json<JobView>()
    expect(job).toMatchObject({ id, status: 'canceled' })
    expect(world.edges.now() - startedAt).toBeLessThanOrEqual(4_500)
  })

  it('responds with the job as it is when the time is over', async () => {
    const { id } = await postWithoutWakeUp()
    const startedAt = world.edges.now()
    const response = await worker.passUntil(worker.request(`/v1/jobs/${id}?wait=30`))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ id, status: 'queued' })
    expect(world.edges.now() - startedAt).toBeGreaterThanOrEqual(30_000)
    expect(world.edges.now() - startedAt).toBeLessThanOrEqual(31_000)
  })

  it('looks less often the longer it waits, and reads the job twice besides', async () => {
    const { id } = await postWithoutWakeUp()
    const before = worker.database.calls()
    await worker.passUntil(worker.request(`/v1/jobs/${id}?wait=60`))
    // Once a second for ten seconds, every other second for twenty, and then every five seconds.
    const looks = worker.database.calls() - before - 4
    expect(looks).toBeGreaterThanOrEqual(24)
    expect(looks).toBeLessThanOrEqual(30)
  })

  it.each(['0', '61', '-1', '1.5', 'soon', ''])('refuses to wait for "%s" seconds', async (wait) => {
    const { id } = await postWithoutWakeUp()
    await expectProblem(await worker.request(`/v1/jobs/${id}?wait=${wait}`), 422, 'invalid_request')
  })

  it('has no job to wait for, if it is erased meanwhile', async () => {
    const { id } = await postWithoutWakeUp()
    const response = worker.request(`/v1/jobs/${id}?wait=60`)
    await worker.pass(1_000)
    await canceled(id)
    await erase(id, '?force=true')
    await expectProblem(await worker.passUntil(response), 404, 'not_found')
  })

  it('reads nothing after its client has left', async () => {
    const { id } = await postWithoutWakeUp()
    const client = new AbortController()
    const response = worker.request(`/v1/jobs/${id}?wait=60`, { signal: client.signal })
    await worker.pass(2_000)
    client.abort()
    const before = worker.database.calls()
    await worker.passUntil(response)
    expect(worker.database.calls() - before).toBeLessThanOrEqual(2)
    await worker.pass(60_000)
    expect(worker.database.calls() - before).toBeLessThanOrEqual(2)
  })

  it('shares each read with all other clients of the isolate', async () => {
    const jobs = await Promise.all(Array.from({ length: 8 }, () => postWithoutWakeUp()))
    const before = worker.database.calls()
    const responses = Array.from({ length: 40 }, (_, n) =>
      worker.request(`/v1/jobs/${jobs[n % jobs.length]?.id}?wait=60`),
    )
    await worker.passUntil(Promise.all(responses))
    // Each reads its job at the beginning and at the end, with tasks and outputs.
    expect(worker.database.calls() - before - 40 * 4).toBeLessThanOrEqual(30)
  })

  it('waits on while the database fails', async () => {
    const { id } = await postWithoutWakeUp()
    const response = worker.request(`/v1/jobs/${id}?wait=60`)
    await worker.pass(2_000)
    worker.database.overload(world.edges.now() + 20_000)
    await worker.pass(21_000)
    await canceled(id)
    expect(await (await worker.passUntil(response)).json()).toMatchObject({ status: 'canceled' })
    expect(world.logs.some(({ event }) => event === 'watch.failed')).toBe(true)
  })

  it('is refused for one client too many of an API key, and for no other key', async () => {
    const { id } = await postWithoutWakeUp()
    const path = `/v1/jobs/${id}?wait=30`
    const responses = Array.from({ length: maxWaitsPerKey }, () => worker.request(path))
    await worker.pass(1_000)
    const refused = await worker.request(path)
    expect(refused.headers.get('retry-after')).toBe('10')
    await expectProblem(refused, 429, 'rate_limited')
    const other = worker.request(path, { headers: bearerHeader(await createApiKey()) })
    await worker.pass(500)
    await canceled(id)
    const all = await worker.passUntil(Promise.all([...responses, other]))
    expect(all.every(({ status }) => status === 200)).toBe(true)
    expect(maxWaits).toBeGreaterThan(maxWaitsPerKey)
  })

  it("does not know another project's job", async () => {
    const stranger = bearerHeader(await createApiKey('a stranger', { project: 'other' }))
    const { id } = await postWithoutWakeUp()
    const response = await worker.request(`/v1/jobs/${id}?wait=30`, { headers: stranger })
    await expectProblem(response, 404, 'not_found')
  })
})

describe('Prefer: wait', () => {
  it('responds with 200 and the job when it has ended', async () => {
    const response = posting('wait=60')
    await worker.pass(2_000)
    await canceled(await lastJob())
    const ended = await worker.passUntil(response)
    expect(ended.status).toBe(200)
    expect(ended.headers.get('preference-applied')).toBe('wait=60')
    const job = await ended.json<JobView>()
    expect(job.status).toBe('canceled')
    expect(ended.headers.get('location')).toBe(`/v1/jobs/${job.id}`)
  })

  it('responds with 202 and the job as it is when the time is over', async () => {
    const response = await worker.passUntil(posting('respond-async, wait="10"'))
    expect(response.status).toBe(202)
    expect(response.headers.get('preference-applied')).toBe('wait=10')
    expect((await response.json<JobView>()).settled_at).toBeNull()
  })

  it('waits no longer than is possible', async () => {
    const startedAt = world.edges.now()
    const response = await worker.passUntil(posting('wait=3600'))
    expect(response.headers.get('preference-applied')).toBe('wait=60')
    expect(world.edges.now() - startedAt).toBeLessThanOrEqual(61_000)
  })

  it.each([
    'wait',
    'wait=',
    'wait=0',
    'wait=-1',
    'wait=1.5',
    'wait=soon',
    'respond-async',
    ',;=',
    'awaits=9',
  ])('is ignored if it is "%s"', async (prefer) => {
    const response = await posting(prefer)
    expect(response.status).toBe(202)
    expect(response.headers.get('preference-applied')).toBeNull()
  })

  it('does not hide the accepted job if the database fails meanwhile', async () => {
    const response = posting('wait=20')
    await worker.pass(2_000)
    worker.database.overload(world.edges.now() + 120_000)
    const known = await worker.passUntil(response)
    expect(known.status).toBe(202)
    expect(await known.json()).toMatchObject({ id: await lastJob() })
  })

  it('accepts the job of a client too many, and does not wait', async () => {
    const { id } = await postWithoutWakeUp()
    const others = Array.from({ length: maxWaitsPerKey }, () => worker.request(`/v1/jobs/${id}?wait=5`))
    await worker.pass(1_000)
    const response = await posting('wait=60')
    expect(response.status).toBe(202)
    expect(response.headers.get('preference-applied')).toBeNull()
    await worker.passUntil(Promise.all(others))
  })

  it('waits for the end of a retry, and of a job that was posted before', async () => {
    const { id } = await failVideo()
    const retried = worker.request(`/v1/jobs/${id}/retry`, { method: 'POST', headers: { prefer: 'wait=60' } })
    await worker.pass(2_000)
    await canceled(await lastJob())
    expect((await worker.passUntil(retried)).status).toBe(200)

    const key = { 'idempotency-key': 'waits twice', prefer: 'wait=5' }
    const post = () =>
      worker.request('/v1/jobs', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...key },
        body: JSON.stringify(aRequest(stay)),
      })
    expect((await worker.passUntil(post())).status).toBe(202)
    await canceled(await lastJob())
    const replayed = await worker.passUntil(post())
    expect(replayed.status).toBe(200)
    expect(replayed.headers.get('idempotent-replayed')).toBe('true')
  })
})

it('a key with a project waits for its own job', async () => {
  const key = await createApiKey('a shop', { project: 'shop' })
  const { id } = await (await postJobWith(key, { callback_url: undefined, ...stay })).json<JobView>()
  const response = worker.request(`/v1/jobs/${id}?wait=10`, { headers: bearerHeader(key) })
  expect((await worker.passUntil(response)).status).toBe(200)
})
