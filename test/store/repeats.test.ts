/**
 * Every call to D1 may run twice: D1 executes it, its answer is lost, and it is repeated. Here the first answer to every
 * writing call is lost, in the life of a job and in the whole API: the results are the same as without that.
 */

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { sellerNames } from '../../src/core/request/choices.ts'
import { apiRequest } from '../support/api-call.ts'
import { deliveriesOf } from '../support/deliveries.ts'
import { expectOneEnd } from '../support/expect-one-end.ts'
import { createMeteredWorker } from '../support/meter.ts'
import { emulateDatabase } from '../support/platform/database.ts'
import { aRequest, billsFor, getJob, timelineOf } from '../support/reelhook.ts'
import { countRows, select } from '../support/storage.ts'
import { publicBaseUrl, world } from '../support/world.ts'

const isWrite = (sql: string) => /^\s*(insert|update|delete)\b/i.test(sql)

/** Loses the first answer of each two calls with the same statements. */
function aForgetfulWorker() {
  const database = emulateDatabase(env.DB)
  const isSecond = new Map<string, boolean>()
  database.loseAnswers((sql) => {
    if (!sql.some(isWrite)) return false
    const name = sql.join()
    const isLost = isSecond.get(name) !== true
    isSecond.set(name, isLost)
    return isLost
  })
  const worker = createMeteredWorker({}, database.binding)
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    worker.fetch(apiRequest(method, path, body, headers))
  return { ...worker, call }
}

let worker: ReturnType<typeof aForgetfulWorker>

beforeEach(() => {
  worker = aForgetfulWorker()
})

async function accepted(overrides: Record<string, unknown> = {}, headers?: Record<string, string>) {
  const response = await worker.call('POST', '/v1/jobs', aRequest(overrides), headers)
  expect(response.status, await response.clone().text()).toBe(202)
  expect(response.headers.has('idempotent-replayed')).toBe(false)
  return (await response.json<{ id: string }>()).id
}

/** In the counters of the statistics. */
async function countedJobs(provider: string, status: string): Promise<number> {
  const [row] = await select<{ n: number | null }>(
    "SELECT sum(counts ->> ('$.' || ?)) AS n FROM counters WHERE provider = ?",
    status,
    provider,
  )
  return row?.n ?? 0
}

describe('a job whose every write is answered only the second time', () => {
  it.each(sellerNames)('ends once at %s, with one bill', async (provider) => {
    const bills = world.simulator.tasks().length
    const counted = await countedJobs(provider, 'succeeded')
    const id = await accepted({ provider, prompt: 'A paper boat sim(webhook=lost)' })
    await worker.passSeconds(400)
    expect(await getJob(id)).toMatchObject({ status: 'succeeded', fault: null })
    expect(world.simulator.tasks()).toHaveLength(bills + 1)
    await expectOneEnd(id, 'succeeded')
    expect(await countedJobs(provider, 'succeeded')).toBe(counted + 1)
    const timeline = await timelineOf(id)
    expect(timeline).toEqual([...new Set(timeline)])
    expect(timeline).not.toContain('task.unknown')
  })

  it('is accepted once without an Idempotency-Key', async () => {
    const before = await countRows('jobs')
    const id = await accepted()
    expect(await countRows('jobs')).toBe(before + 1)
    expect(await timelineOf(id)).toEqual(['job.accepted'])
  })

  it('is accepted once with an Idempotency-Key, and keeps its embedded media', async () => {
    const png = btoa('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01\0\b\x06\0\0\0')
    const overrides = { reference_images: [`data:image/png;base64,${png}`] }
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const id = await accepted(overrides, headers)
    const [asset] = await select<{ key: string }>('SELECT key FROM assets WHERE job_id = ?', id)
    expect(await env.BUCKET.head(asset?.key ?? '')).not.toBeNull()
    const again = await worker.call('POST', '/v1/jobs', aRequest(overrides), headers)
    expect((await again.json<{ id: string }>()).id).toBe(id)
  })

  it('reserves its budget once, and counts its cost once', async () => {
    const created = await worker.call('POST', '/v1/api-keys', { name: 'n8n', monthly_budget_usd: 0.36 })
    const { id: keyId, key } = await created.json<{ id: string; key: string }>()
    const headers = { authorization: `Bearer ${key}` }
    const id = await accepted({ prompt: 'A paper boat sim(webhook=lost)' }, headers)
    const used = async () =>
      (await select<{ micros: number }>('SELECT micros FROM spending WHERE api_key_id = ?', keyId))[0]?.micros
    expect(await countRows('reservations', 'job_id = ? AND micros = 180000', id)).toBe(1)
    await worker.passSeconds(400)
    // The step does not know that it has ended the job, so the sweep closes the reservation at a full ten minutes.
    await world.advance(1_200_000 - (world.edges.now() % 600_000))
    await worker.sweep()
    const { cost } = await getJob(id)
    expect(await used()).toBe(Math.round((cost?.amount_usd ?? 0) * 1_000_000))
    expect(await countRows('reservations', 'job_id = ?', id)).toBe(0)
  })

  it('is canceled once', async () => {
    const id = await accepted()
    const response = await worker.call('POST', `/v1/jobs/${id}/cancel`)
    expect(await response.json()).toMatchObject({ id, status: 'canceled' })
    await worker.passSeconds(60)
    await expectOneEnd(id, 'canceled')
  })

  it('is notified once by each attempt, and its failures are counted once', async () => {
    world.respondNext('https://caller.test/hook', () => new Response('no', { status: 500 }))
    const id = await accepted({ prompt: 'A paper boat sim(submit=402)' })
    await worker.passSeconds(300)
    const attempts = [
      { n: 1, status: 500 },
      { n: 2, status: 200 },
    ]
    expect(await deliveriesOf(id)).toMatchObject([{ attempt_count: 2, attempts }])
    expect(billsFor(id)).toHaveLength(0)
  })
})

describe('the API, when every write is answered only the second time', () => {
  it('creates, changes and deletes an endpoint', async () => {
    const created = await worker.call('POST', '/v1/endpoints', { url: 'https://hooks.example.com/one' })
    expect(created.status, await created.clone().text()).toBe(201)
    const { id } = await created.json<{ id: string }>()
    expect(await countRows('endpoints')).toBe(1)
    const changed = await worker.call('PATCH', `/v1/endpoints/${id}`, { description: 'changed' })
    expect(await changed.json()).toMatchObject({ description: 'changed' })
    expect((await worker.call('DELETE', `/v1/endpoints/${id}`)).status).toBe(204)
    expect(await countRows('endpoints')).toBe(0)
  })

  it('creates an API key, rotates its secret and revokes it', async () => {
    const created = await worker.call('POST', '/v1/api-keys', { name: 'n8n' })
    expect(created.status, await created.clone().text()).toBe(201)
    const { id, key } = await created.json<{ id: string; key: string }>()
    const rotated = await worker.call('POST', `/v1/api-keys/${id}/rotate-secret`)
    expect(rotated.status, await rotated.clone().text()).toBe(200)
    const [row] = await select<{ retired_secrets: string }>(
      'SELECT retired_secrets FROM api_keys WHERE id = ?',
      id,
    )
    expect(JSON.parse(row?.retired_secrets ?? '')).toHaveLength(1)
    const listed = await worker.call('GET', '/v1/jobs', undefined, { authorization: `Bearer ${key}` })
    expect(listed.status).toBe(200)
    expect((await worker.call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204)
  })

  it('uploads and deletes an asset', async () => {
    const png = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAQAAAAEACAYAAAA='), (c) => c.charCodeAt(0))
    const upload = new Request(`${publicBaseUrl}/v1/assets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'image/png' },
      body: png,
    })
    const uploaded = await worker.fetch(upload)
    expect(uploaded.status, await uploaded.clone().text()).toBe(201)
    const { id } = await uploaded.json<{ id: string }>()
    expect((await worker.call('DELETE', `/v1/assets/${id}`)).status).toBe(204)
    expect(await countRows('assets', 'id = ?', id)).toBe(0)
  })

  it('sends a delivery again', async () => {
    const id = await accepted({ prompt: 'A paper boat sim(submit=402)' })
    await worker.passSeconds(60)
    const [delivery] = await select<{ id: string }>('SELECT id FROM deliveries WHERE job_id = ?', id)
    const response = await worker.call('POST', `/v1/deliveries/${delivery?.id}/redeliver`)
    expect(response.status, await response.clone().text()).toBe(202)
    await worker.passSeconds(60)
    expect(world.caller.receivedFor(id)).toHaveLength(2)
  })
})
