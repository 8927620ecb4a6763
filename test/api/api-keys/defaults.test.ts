/** What a key gives its jobs and shows of itself: a callback URL, when it was last used, and the key of a request. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { apiRequest } from '../../support/api-call.ts'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith } from '../../support/api-keys.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, post, untilNotified, untilStatus } from '../../support/reelhook.ts'
import { select, writeElsewhere } from '../../support/storage.ts'
import { callerUrl, world } from '../../support/world.ts'

const hour = 60 * 60_000
const callback_url = `${callerUrl}/hook-of-the-key`
const noUrl = { callback_url: undefined, callback_secret: undefined }

async function jobOf(response: Response): Promise<JobView> {
  expect(response.status, await response.clone().text()).toBe(202)
  return response.json()
}

function showCurrent(key: NewApiKey): Promise<Response> {
  return api('/v1/api-keys/current', { headers: bearerHeader(key) })
}

describe('the callback URL of a key', () => {
  it('is that of its jobs which name none, and receives their events', async () => {
    const key = await createApiKey('n8n', { callback_url })
    const prompt = 'A paper boat sim(submit=402)'
    const { id, request } = await jobOf(await postJobWith(key, { ...noUrl, prompt }))
    expect(request.callback_url).toBe(callback_url)
    await untilStatus(id, 'failed')
    const [received] = await untilNotified(id)
    expect(received?.url).toBe(callback_url)
  })

  it('does not replace that of a job', async () => {
    const key = await createApiKey('n8n', { callback_url })
    const { request } = await jobOf(await postJobWith(key))
    expect(request.callback_url).toBe(`${callerUrl}/hook`)
  })

  it('may change without a conflict with an Idempotency-Key', async () => {
    const key = await createApiKey('n8n', { callback_url })
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const { id } = await jobOf(await postJobWith(key, noUrl, headers))
    await api(`/v1/api-keys/${key.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"callback_url":null}',
    })
    expect((await jobOf(await postJobWith(key, noUrl, headers))).id).toBe(id)
  })

  it('is refused like any URL, together with the other faults', async () => {
    const body = { name: '', callback_url: 'https://127.0.0.1/hook', requests_per_minute: 7 }
    const refused = await expectProblem(await post('/v1/api-keys', body), 422, 'invalid_request')
    expect(pathsOf(refused)).toEqual(['callback_url', 'name', 'requests_per_minute'])
    const alone = await post('/v1/api-keys', { name: 'n8n', callback_url: 'https://localhost/hook' })
    expect(pathsOf(await expectProblem(alone, 422, 'invalid_request'))).toEqual(['callback_url'])
    const { id } = await createApiKey()
    const changed = await api(`/v1/api-keys/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"callback_url":"https://10.0.0.1/hook"}',
    })
    expect(pathsOf(await expectProblem(changed, 422, 'invalid_request'))).toEqual(['callback_url'])
  })

  it('is refused at the job if it is no longer allowed', async () => {
    const key = await createApiKey('n8n', { callback_url })
    await select("UPDATE api_keys SET callback_url = 'https://127.0.0.1/hook' WHERE id = ?", key.id)
    const refused = await expectProblem(await postJobWith(key, noUrl), 422, 'invalid_request')
    expect(pathsOf(refused)).toEqual(['callback_url'])
  })
})

describe('the key of a request', () => {
  it('is shown to itself, whatever its scopes', async () => {
    const access = { project: 'shop', scopes: ['deliveries'], monthly_budget_usd: 2, callback_url }
    const key = await createApiKey('narrow', access)
    expect(await (await showCurrent(key)).json()).toEqual({
      id: key.id,
      name: 'narrow',
      project: 'shop',
      scopes: ['deliveries'],
      expires_at: null,
      secret_rotated_at: null,
      callback_url,
      requests_per_minute: null,
      budget: {
        monthly_budget_usd: 2,
        spent_usd: 0,
        remaining_usd: 2,
        month_ends_at: expect.stringMatching(/-01T00:00:00\.000Z$/),
      },
    })
  })

  it('can be the admin key, or one without a budget', async () => {
    expect(await (await api('/v1/api-keys/current')).json()).toMatchObject({ id: 'admin', budget: null })
    expect(await (await showCurrent(await createApiKey())).json()).toMatchObject({ budget: null })
  })

  it('is refused if another isolate has revoked it', async () => {
    const key = await createApiKey()
    expect((await showCurrent(key)).status).toBe(200)
    await writeElsewhere('UPDATE api_keys SET revoked_at = 1 WHERE id = ?', key.id)
    await expectProblem(await showCurrent(key), 401, 'unauthorized')
  })
})

describe('when a key was last used', () => {
  async function lastUsedAt({ id }: NewApiKey): Promise<string | null> {
    const response = await api(`/v1/api-keys/${id}`)
    return (await response.json<{ last_used_at: string | null }>()).last_used_at
  }

  it('is noted at its first request, and again after an hour', async () => {
    const key = await createApiKey()
    expect(await lastUsedAt(key)).toBeNull()
    const first = new Date(world.edges.now()).toISOString()
    await showCurrent(key)
    await vi.waitFor(
      async () => expect((await lastUsedAt(key)) ?? '').toSatisfy((at: string) => at >= first),
      60_000,
    )
    const noted = await lastUsedAt(key)
    await world.advance(hour - 1_000)
    await showCurrent(key)
    expect(await lastUsedAt(key)).toBe(noted)
    await world.advance(1_000)
    await showCurrent(key)
    await vi.waitFor(async () => expect(await lastUsedAt(key)).not.toBe(noted), 60_000)
  })

  it('costs one write an hour, and no other call', async () => {
    const headers = bearerHeader(await createApiKey())
    const worker = createMeteredWorker()
    const list = () => worker.fetch(apiRequest('GET', '/v1/endpoints', undefined, headers))
    for (let n = 0; n < 3; n++) expect((await list()).status).toBe(200)
    await vi.waitFor(() => expect(worker.bill().rowsWritten).toBe(1), 60_000)
    const before = worker.bill()
    await list()
    expect(worker.bill()).toMatchObject({ rowsWritten: 1, roundTrips: before.roundTrips + 1 })
  })

  it('never fails a request', async () => {
    const headers = bearerHeader(await createApiKey())
    const DB = new Proxy(env.DB, {
      get(database, name) {
        if (name === 'prepare')
          return (sql: string) =>
            database.prepare(sql.startsWith('update "api_keys"') ? 'SELECT no_such_column' : sql)
        const value = Reflect.get(database, name)
        return typeof value === 'function' ? value.bind(database) : value
      },
    })
    const worker = createMeteredWorker({}, DB)
    const response = await worker.fetch(apiRequest('POST', '/v1/jobs', aRequest(), headers))
    expect(response.status).toBe(202)
    await vi.waitFor(
      () => expect(world.logs.some(({ event }) => event === 'last_used.failed')).toBe(true),
      60_000,
    )
  })
})
