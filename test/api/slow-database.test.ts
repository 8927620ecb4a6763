/** A D1 that does not answer: each request ends within the time limit, and what was written is not lost. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requestPatience } from '../../src/store/patience.ts'
import { apiRequest } from '../support/api-call.ts'
import { emulateDatabase } from '../support/platform/database.ts'
import { expectProblem } from '../support/problem.ts'
import { callbackPathOf } from '../support/provider-webhooks.ts'
import { aRequest, billsFor, passTimeUntil, sweep, untilNotified } from '../support/reelhook.ts'
import { aGate, deadQueue, fetchWith, postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function aStalledDatabase() {
  const database = emulateDatabase(env.DB)
  const gate = aGate()
  const stall = () => database.stall(gate.wait)
  return { ...database, stallNow: stall, continue: gate.open }
}

/** Sends the request, and lets the time limit pass once a call to D1 hangs. */
async function timedOut(
  database: ReturnType<typeof aStalledDatabase>,
  request: Request,
  bindings: Partial<Env> = {},
): Promise<Response> {
  const response = fetchWith({ DB: database.binding, ...bindings }, request)
  await vi.waitUntil(() => database.stalled() > 0, { timeout: 60_000, interval: 5 })
  await vi.advanceTimersByTimeAsync(requestPatience.limitMs)
  return response
}

describe('a POST of a job to a database that stalls', () => {
  it('gets 503 with Retry-After within the time limit, and is told how to repeat it', async () => {
    const database = aStalledDatabase()
    database.stallNow()
    const response = await timedOut(database, apiRequest('POST', '/v1/jobs', aRequest()))
    const { detail } = await expectProblem(response, 503, 'unavailable')
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(detail).toContain('same Idempotency-Key')
    expect(detail).toContain('may have been carried out')
  })

  it('is an accepted job if it was written: it runs, notifies, and is returned by the next POST', async () => {
    const database = aStalledDatabase()
    const key = crypto.randomUUID()
    const body = aRequest({ prompt: `A paper boat ${key} sim(webhook=lost)` })
    // The look-up of the key is answered; the INSERT hangs.
    database.loseAnswers(() => {
      database.stallNow()
      database.loseAnswers(() => false)
      return false
    })
    const request = () => apiRequest('POST', '/v1/jobs', body, { 'idempotency-key': key })
    const response = await timedOut(database, request(), { JOBS: deadQueue })
    await expectProblem(response, 503, 'unavailable')
    const written = () => select<{ id: string }>('SELECT id FROM jobs WHERE idempotency_key = ?', key)
    expect(await written()).toEqual([])

    database.continue()
    await vi.waitUntil(async () => (await written()).length === 1, { timeout: 60_000, interval: 5 })
    vi.useRealTimers()
    const [row] = await written()
    const id = row?.id ?? ''
    const repeated = await fetchWith({}, request())
    expect(repeated.status).toBe(202)
    expect(repeated.headers.get('idempotent-replayed')).toBe('true')
    expect(await repeated.json()).toMatchObject({ id })
    await sweep()
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    await untilNotified(id)
    expect(billsFor(id)).toHaveLength(1)
  })
})

it.each([
  ['GET', '/v1/jobs'],
  ['GET', '/v1/jobs/job_1'],
  ['POST', '/v1/jobs/job_1/cancel'],
  ['DELETE', '/v1/jobs/job_1'],
  ['GET', '/v1/deliveries?job_id=job_1'],
  ['GET', '/v1/endpoints'],
  ['GET', '/v1/stats'],
  ['GET', '/v1/api-keys'],
])('%s %s ends within the time limit when the database stalls', async (method, path) => {
  const database = aStalledDatabase()
  database.stallNow()
  await expectProblem(await timedOut(database, apiRequest(method, path)), 503, 'unavailable')
  database.continue()
})

it('a webhook that reaches neither the queue nor a stalled database gets 503, so that the provider repeats it', async () => {
  vi.useRealTimers()
  const { id } = await postWithoutWakeUp({ provider: 'crun' })
  const path = await callbackPathOf(id, 'crun')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const database = aStalledDatabase()
  database.stallNow()
  const webhook = apiRequest('POST', path, { task_id: 'a task', status: 'success' })
  const response = await timedOut(database, webhook, { RESULTS: deadQueue })
  expect(response.status).toBe(503)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  database.continue()
})
