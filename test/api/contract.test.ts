/**
 * Requests every response that the description has. Every test checks that the responses match the description
 * (`test/support/validate-responses.ts`); this file checks that no described response is missing.
 */

import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventTypes } from '../../src/core/event.ts'
import { sellerNames } from '../../src/core/request/choices.ts'
import { ask, deadDatabase } from '../support/api-call.ts'
import { bearerHeader, createApiKey, revokeApiKey } from '../support/api-keys.ts'
import { aFile, anAsset, upload } from '../support/assets.ts'
import { unseenResponses } from '../support/contract.ts'
import { deliveriesOf, notifyOfFailure } from '../support/deliveries.ts'
import { changeEndpoint, deleteEndpoint, enableEndpoint, makeEndpoint } from '../support/endpoints.ts'
import { cancel, erase, retry } from '../support/job-calls.ts'
import { api, aRequest, passTimeUntil, post, postJob, untilNotified } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'
import { failVideo, makeVideo } from '../support/videos.ts'
import { callerUrl, world } from '../support/world.ts'

interface Operation {
  method: string
  path: string
  query: string[]
  takesJson: boolean
}

const json = { 'content-type': 'application/json' }
let operations: Operation[]

beforeAll(async () => {
  const document = await (await api('/openapi.json')).json<{
    paths: Record<
      string,
      Record<
        string,
        { parameters?: { name: string; in: string }[]; requestBody?: { content: Record<string, unknown> } }
      >
    >
  }>()
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, '0'),
      query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      takesJson: requestBody?.content['application/json'] !== undefined,
    })),
  )
})

describe('every operation', () => {
  it('responds as described without a key, with a revoked key, and without a scope', async () => {
    const revoked = await createApiKey()
    await revokeApiKey(revoked)
    const powerless = await createApiKey()
    await select("UPDATE api_keys SET scopes = '[]' WHERE id = ?", powerless.id)
    for (const { method, path } of operations) {
      for (const headers of [{ authorization: '' }, bearerHeader(revoked), bearerHeader(powerless)])
        await api(path, { method, headers })
    }
    await api('/healthz?deep', { headers: { authorization: '' } })
  })

  it('responds as described to invalid bodies', async () => {
    const bodies = ['', '{', 'null', '[]', '{"nonsense":1}']
    for (const { method, path } of operations.filter(({ takesJson }) => takesJson)) {
      for (const body of bodies) await api(path, { method, headers: json, body })
      await api(path, { method, headers: { 'content-type': 'text/plain' }, body: '{}' })
      await api(path, { method })
    }
  })

  it('responds as described to bodies that every operation refuses', async () => {
    const authorization = `Bearer ${env.ADMIN_API_KEY}`
    const bodies = [
      () => 'x'.repeat(1024 * 1024 + 1),
      () => '['.repeat(50) + ']'.repeat(50),
      () => JSON.stringify(Array.from({ length: 2_000 }, () => 0)),
      () => new ReadableStream({ pull: (controller) => controller.error(new Error('it broke off')) }),
    ]
    for (const { method, path } of operations.filter(({ method }) => method !== 'GET')) {
      for (const body of bodies)
        await ask(path, { method, headers: { authorization, ...json }, body: body() }, {})
    }
  })

  it('responds as described to invalid queries', async () => {
    for (const { method, path, query } of operations) {
      for (const name of [...query, 'nonsense']) {
        for (const value of ['', '~', `~&${name}=~`, '%FF']) await api(`${path}?${name}=${value}`, { method })
      }
    }
  })

  it('responds as described without its database, without its settings, and above the rate limit', async () => {
    const broken = {
      prepare: () => {
        throw new Error('a surprise')
      },
    }
    const REQUESTS = { limit: async () => ({ success: false }) }
    for (const { method, path } of operations) {
      const init = { method, headers: { authorization: `Bearer ${env.ADMIN_API_KEY}` } }
      for (const bindings of [
        { DB: deadDatabase },
        { DB: broken },
        { SIGNING_SECRET: 'short' },
        { REQUESTS },
      ]) {
        await ask(path, init, bindings)
      }
    }
  })
})

describe.each(sellerNames)('a job at %s', (provider) => {
  const asked = { provider, callback_events: eventTypes, count: 2, metadata: { order: '42' } }

  it.each(['', 'fail=provider', 'submit=402', 'submit=500-after', 'body=html'])(
    'matches the description in every state, and so do its events (%s)',
    async (directive) => {
      const { id } = await postJob({ ...asked, prompt: `A paper boat${directive && ` sim(${directive})`}` })
      await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
      await untilNotified(id)
      for (const path of ['', '/events', '/answers']) await api(`/v1/jobs/${id}${path}`)
      expect((await erase(id, '?force=true')).status).toBe(204)
    },
  )

  it('has an estimate and a cancellation as described', async () => {
    expect((await post('/v1/estimates', aRequest(asked))).status).toBe(200)
    const { id } = await postJob(asked)
    expect((await cancel(id)).status).toBe(200)
  })
})

describe('a job', () => {
  it('has retries, links, erasures and refusals as described', async () => {
    const idempotent = { 'idempotency-key': 'once' }
    for (const duration of [5, 5, 6]) await post('/v1/jobs', aRequest({ duration }), idempotent)
    await post('/v1/jobs', 'x'.repeat(2 * 1024 * 1024))
    const made = await makeVideo()
    const failed = await failVideo()
    const queued = await postJob({ prompt: 'A paper boat sim(seconds=3600)' })
    for (const { id } of [made, failed, queued, { id: '0' }]) {
      await cancel(id)
      await post(`/v1/jobs/${id}/links`, {})
      await retry(id)
      await retry(id, { 'idempotency-key': '' })
    }
    const waiting = await postJob({ prompt: 'A paper boat sim(seconds=3600)' })
    await erase(waiting.id)
    await erase(waiting.id, '?force=perhaps')
    await api('/v1/jobs?limit=100')
  })

  it('is waited for and followed as described', async () => {
    const failed = await failVideo()
    const prefer = { 'idempotency-key': 'waited for', prefer: 'wait=1' }
    expect((await post('/v1/jobs', aRequest(), prefer)).status).toBe(202)
    const { data } = await (await api('/v1/jobs?limit=1')).json<{ data: { id: string }[] }>()
    await cancel(data[0]?.id ?? '')
    expect((await post('/v1/jobs', aRequest(), prefer)).status).toBe(200)
    const again = { ...prefer, 'idempotency-key': 'retried' }
    const { id } = await (await retry(failed.id, again)).json<{ id: string }>()
    await cancel(id)
    expect((await retry(failed.id, again)).status).toBe(200)

    const headers = { accept: 'text/event-stream' }
    for (const path of ['/v1/events', `/v1/jobs/${failed.id}/events`])
      await (await api(path, { headers })).body?.cancel()
    const events = await (await api(`/v1/jobs/${failed.id}/events`)).json<{ data: { id: string }[] }>()
    const last = { ...headers, 'last-event-id': events.data.at(-1)?.id ?? '' }
    expect((await api(`/v1/jobs/${failed.id}/events`, { headers: last })).status).toBe(204)
  })
})

describe('a file', () => {
  const video = async () => (await makeVideo()).id
  const asset = async () => (await anAsset()).id
  it.each<[string, () => Promise<string>, (id: string) => string]>([
    ['a video', video, (id) => `/v1/jobs/${id}/outputs/0`],
    ['a video with its name', video, (id) => `/v1/jobs/${id}/outputs/0/${id}-0.mp4`],
    ['an asset', asset, (id) => `/v1/assets/${id}/content`],
    ['an asset with its name', asset, (id) => `/v1/assets/${id}/content/${id}.png`],
  ])('(%s) is served as described', async (_, make, pathOf) => {
    const path = pathOf(await make())
    const whole = await api(path)
    const etag = whole.headers.get('etag') ?? ''
    await whole.arrayBuffer()
    const conditions = [
      { range: 'bytes=0-1' },
      { range: 'bytes=99999999-' },
      { 'if-none-match': etag },
      { 'if-match': '"another"' },
    ]
    const statuses: number[] = []
    for (const headers of conditions) statuses.push((await api(path, { headers })).status)
    expect(statuses).toEqual([206, 416, 304, 412])
    expect((await api(path, { method: 'HEAD' })).status).toBe(200)
    await api(`${path}?expires=never&download=2`)
  })

  it('is uploaded, shown and deleted as described', async () => {
    const { id } = await anAsset()
    await api(`/v1/assets/${id}`)
    await api(`/v1/assets/${id}`, { method: 'DELETE' })
    await api('/v1/assets/0', { method: 'DELETE' })
    await upload(null)
    await upload('hello', { 'content-type': 'text/plain' })
    await upload(aFile('image/png', 31 * 1024 * 1024), { 'content-type': 'image/png' })
    await upload('no form', { 'content-type': 'multipart/form-data; boundary=x' })
  })

  it.each([
    '/openapi.json',
    '/.well-known/webhook-keys.json',
    '/docs',
    '/docs/problems/pruned',
    '/docs/problems/0',
  ])('(%s) is served as described', async (path) => {
    const { headers } = await api(path)
    const etag = headers.get('etag') ?? ''
    const again = await api(path, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(etag === '' ? 404 : 304)
  })
})

describe('the other operations', () => {
  it('show and repeat deliveries as described', async () => {
    const { id: endpointId } = await makeEndpoint(`${callerUrl}/endpoint`)
    const jobId = await notifyOfFailure()
    await untilNotified(jobId, 2)
    const [delivery] = await deliveriesOf(jobId)
    for (const id of [delivery?.id, '0']) {
      await api(`/v1/deliveries/${id}`)
      await api(`/v1/deliveries/${id}/redeliver`, { method: 'POST' })
    }
    await deleteEndpoint({ id: endpointId })
    for (const { id } of await deliveriesOf(jobId))
      await api(`/v1/deliveries/${id}/redeliver`, { method: 'POST' })
    await post('/v1/deliveries/redeliver', { since: '2026-01-01T00:00:00Z', status: 'delivered' })
  })

  it('manage endpoints as described', async () => {
    const endpoint = await makeEndpoint(`${callerUrl}/one`, { description: 'One', metadata: { tenant: '7' } })
    for (const one of [endpoint, { id: '0' }]) {
      await api(`/v1/endpoints/${one.id}`)
      await changeEndpoint(one, { disabled: true })
      await enableEndpoint(one)
      await post(`/v1/endpoints/${one.id}/test`, {})
    }
    let last = 201
    while (last === 201) last = (await post('/v1/endpoints', { url: `${callerUrl}/many` })).status
    expect(last).toBe(409)
    await api('/v1/endpoints')
    await api('/v1/event-types')
    for (const one of [endpoint, endpoint]) await deleteEndpoint(one)
  })

  it('manage API keys as described', async () => {
    const key = await createApiKey()
    await api('/v1/api-keys')
    await api(`/v1/api-keys/${key.id}`)
    await api('/v1/api-keys/current')
    const poor = bearerHeader(await createApiKey('poor', { monthly_budget_usd: 0.1 }))
    const { id: failedId } = await failVideo()
    const headers = { ...json, ...poor }
    await api('/v1/jobs', { method: 'POST', headers, body: JSON.stringify(aRequest()) })
    await api(`/v1/jobs/${failedId}/retry`, { method: 'POST', headers: poor })
    for (const id of [key.id, '0'])
      await api(`/v1/api-keys/${id}`, { method: 'PATCH', headers: json, body: '{"name":"shop"}' })
    await api(`/v1/api-keys/${key.id}/disabled-callbacks`)
    for (const { id } of [key, { id: '0' }]) await api(`/v1/api-keys/${id}/rotate-secret`, { method: 'POST' })
    await api(`/v1/api-keys/${key.id}/enable-callbacks`, { method: 'POST' })
    for (const one of [key, key]) await revokeApiKey(one)
  })

  it('show health, statistics, models and callback tests as described', async () => {
    for (const path of ['/healthz', '/healthz?deep', '/v1/stats', '/v1/models', '/v1/hosts', '/metrics'])
      await api(path)
    const secret = `whsec_${btoa('a caller keeps thirty-two bytes.')}`
    for (let tests = 0; tests < 11; tests++)
      await post('/v1/callbacks/test', { url: `${callerUrl}/hook`, secret })
    expect(world.logs.some(({ event }) => event === 'callback.tested')).toBe(true)
  })
})

// Every operation can return 5xx; the tests above cause them everywhere.
afterAll(() => {
  expect(unseenResponses().filter((name) => !/ 5\d\d$/.test(name))).toEqual([])
})
