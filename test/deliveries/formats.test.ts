/** The formats of events: an endpoint and a job's callback each have one, and a delivery keeps that which it was made in. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createApiKey } from '../support/api-keys.ts'
import { callbackSecret, isSignedWith, type Received } from '../support/caller.ts'
import { deliveriesOf, notifyOfFailure, untilDelivery } from '../support/deliveries.ts'
import { changeEndpoint, makeEndpoint } from '../support/endpoints.ts'
import { aHost, type Host, ok } from '../support/hosts.ts'
import { canceled, erase, retried } from '../support/job-calls.ts'
import { hexHmac } from '../support/receivers.ts'
import { api, aRequest, getJob, post, sweep, untilNotified, untilStatus } from '../support/reelhook.ts'
import { postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import { makeVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

let host: Host
const uncalled = { callback_url: undefined, callback_secret: undefined }

beforeEach(async () => {
  for (const table of ['endpoints', 'deliveries', 'hosts']) await select(`DELETE FROM ${table}`)
  host = aHost()
  host.answer(ok)
})

async function onlyReceived(jobId: string): Promise<Received> {
  const [received, ...others] = await untilNotified(jobId)
  if (received === undefined || others.length > 0) throw new Error('there is not one delivery')
  return received
}

async function expectOpenrouterSignature({ headers, body }: Received, secret: string) {
  const [time = '', signature] = (headers['x-openrouter-signature'] ?? '').split(',')
  expect(time).toBe(`t=${headers['webhook-timestamp']}`)
  expect(signature).toBe(`v1=${await hexHmac(secret, `${time.slice(2)},${body}`)}`)
}

describe('a callback in the format openai', () => {
  it('reports a video with the ids of the event and of the job, signed as every delivery', async () => {
    const { id } = await makeVideo({ callback_format: 'openai' })
    const received = await onlyReceived(id)
    const [{ created_at, event_id, event_type, format } = expect.fail()] = await deliveriesOf(id)
    expect(JSON.parse(received.body)).toEqual({
      id: event_id,
      object: 'event',
      created_at: Math.floor(Date.parse(created_at) / 1_000),
      type: 'video.completed',
      data: { id },
    })
    expect(received.headers['webhook-id']).toBe(event_id)
    expect(received.headers).not.toHaveProperty('x-openrouter-signature')
    expect(isSignedWith(callbackSecret, received)).toBe(true)
    expect([event_type, format]).toEqual(['job.succeeded', 'openai'])
  })

  it('reports a job that failed and one that was canceled as video.failed', async () => {
    const failed = await notifyOfFailure({ callback_format: 'openai' })
    const { id } = await postWithoutWakeUp({ callback_format: 'openai' })
    await canceled(id)
    for (const jobId of [failed, id])
      expect(JSON.parse((await onlyReceived(jobId)).body)).toMatchObject({
        type: 'video.failed',
        data: { id: jobId },
      })
  })
})

describe('a callback in the format openrouter', () => {
  it('shows the job with a link that opens without a key, and has the headers of that API', async () => {
    const { id } = await makeVideo({ callback_format: 'openrouter' })
    const received = await onlyReceived(id)
    const { type, data } = JSON.parse(received.body)
    const { cost } = await getJob(id)
    expect(type).toBe('video.generation.completed')
    expect(data).toMatchObject({ id, status: 'completed', usage: { cost: cost?.amount_usd } })
    const { pathname, search } = new URL(data.unsigned_urls[0])
    const video = await api(`${pathname}${search}`, { headers: { authorization: '' } })
    expect(video.status).toBe(200)
    expect((await video.arrayBuffer()).byteLength).toBeGreaterThan(0)
    expect(received.headers['x-openrouter-idempotency-key']).toBe(`${id}-completed`)
    await expectOpenrouterSignature(received, callbackSecret)
    expect(isSignedWith(callbackSecret, received)).toBe(true)
  })

  it('shows why a job has failed', async () => {
    const id = await notifyOfFailure({ callback_format: 'openrouter' })
    const { fault } = await getJob(id)
    expect(JSON.parse((await onlyReceived(id)).body)).toMatchObject({
      type: 'video.generation.failed',
      data: { id, status: 'failed', error: fault?.message },
    })
  })
})

describe('an endpoint with a format', () => {
  it('gets its own body and secret, while other receivers of the event get theirs', async () => {
    const [own, other] = [aHost(), aHost()]
    for (const each of [own, other]) each.answer(ok)
    const openrouter = await makeEndpoint(own.url, { format: 'openrouter' })
    for (const each of [host, other]) await makeEndpoint(each.url)
    const id = await notifyOfFailure({ callback_format: 'openai' })
    const callback = await onlyReceived(id)
    await vi.waitUntil(() => [own, host, other].every(({ called }) => called.received.length === 1), 60_000)
    const [one, two, three] = [own, host, other].flatMap(({ called }) => called.received)
    if (one === undefined || two === undefined || three === undefined) throw new Error('one is missing')
    expect(JSON.parse(callback.body)).toMatchObject({ object: 'event', type: 'video.failed' })
    expect(JSON.parse(one.body)).toMatchObject({ type: 'video.generation.failed' })
    expect(JSON.parse(two.body)).toMatchObject({ type: 'job.failed', data: { id, outputs: [] } })
    expect(three.body).toBe(two.body)
    await expectOpenrouterSignature(one, openrouter.secret)
    const ids = [callback, one, two, three].map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(1)
    // The body that two deliveries send is stored once, the others with their deliveries.
    const rows = await select<{ format: string; body: string | null }>(
      'SELECT format, body FROM deliveries WHERE job_id = ? ORDER BY format',
      id,
    )
    expect(rows.map(({ format, body }) => [format, body !== null])).toEqual([
      ['openai', true],
      ['openrouter', true],
      ['reelhook', false],
      ['reelhook', false],
    ])
  })

  it('gets the same bytes again on later attempts and when sent again, after its format was changed too', async () => {
    host.answer(() => new Response('no', { status: 500 }))
    const endpoint = await makeEndpoint(host.url, { format: 'openrouter' })
    const id = await notifyOfFailure(uncalled)
    await untilDelivery(id, ({ attempts }) => attempts.length === 1)
    expect((await changeEndpoint(endpoint, { format: 'reelhook' })).status).toBe(200)
    host.answer(ok)
    await world.advance(5_000)
    await sweep()
    const delivery = await untilDelivery(id, ({ status }) => status === 'delivered')
    expect((await post(`/v1/deliveries/${delivery.id}/redeliver`, undefined)).status).toBe(202)
    await untilDelivery(id, ({ attempt_count }) => attempt_count === 3)
    const { received } = host.called
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    for (const one of received) {
      expect(one.headers['x-openrouter-idempotency-key']).toBe(`${id}-failed`)
      await expectOpenrouterSignature(one, endpoint.secret)
    }
    const next = await notifyOfFailure(uncalled)
    expect(await deliveriesOf(next)).toMatchObject([{ format: 'reelhook' }])
  })

  it('gets nothing of an event that its format lacks, whatever its row says', async () => {
    const { id } = await makeEndpoint(host.url, { format: 'openai' })
    await select(`UPDATE endpoints SET event_types = '["output.stored","job.erased"]' WHERE id = ?`, id)
    const video = await makeVideo(uncalled)
    expect((await erase(video.id)).status).toBe(204)
    expect(await deliveriesOf(video.id)).toEqual([])
  })

  it('gets nothing if its format cannot be read, and other receivers get theirs', async () => {
    const { id } = await makeEndpoint(host.url)
    await select("UPDATE endpoints SET format = 'unknown' WHERE id = ?", id)
    const jobId = await notifyOfFailure()
    expect(await deliveriesOf(jobId)).toMatchObject([{ endpoint_id: null }])
  })
})

describe('the format of a job', () => {
  it('is that of its retry too', async () => {
    const first = await notifyOfFailure({ callback_format: 'openai' })
    const { id } = await retried(first)
    await untilStatus(id, 'failed')
    expect(JSON.parse((await onlyReceived(id)).body)).toMatchObject({ object: 'event', data: { id } })
  })

  it("is Reelhook's own unless the request names one, which is the same request", async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const [first, second] = await Promise.all(
      [{}, { callback_format: 'reelhook' }].map(async (given) => {
        const response = await post('/v1/jobs', aRequest(given), headers)
        return response.json<{ id: string; request: { callback_format: string } }>()
      }),
    )
    expect(second?.id).toBe(first?.id)
    expect(first?.request.callback_format).toBe('reelhook')
  })

  it('is refused with the events that it lacks', async () => {
    const given = { callback_format: 'openai', callback_events: ['job.failed', 'output.stored'] }
    const response = await post('/v1/jobs', aRequest(given))
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      errors: [
        {
          path: 'callback_events',
          message:
            'has output.stored, but the format openai has only job.succeeded, job.failed, job.canceled',
        },
      ],
    })
  })
})

describe('the URLs in a body of another format', () => {
  it('are shown without tokens, but for the links to the videos if the key may read jobs', async () => {
    const { id } = await makeVideo({ callback_format: 'openrouter' })
    const [{ id: deliveryId } = expect.fail()] = await deliveriesOf(id)
    const shown = async (scopes: string[]) => {
      const { key } = await createApiKey('a reader', { scopes })
      const response = await api(`/v1/deliveries/${deliveryId}`, {
        headers: { authorization: `Bearer ${key}` },
      })
      return JSON.parse((await response.json<{ body: string }>()).body).data.unsigned_urls[0]
    }
    const link = JSON.parse((await onlyReceived(id)).body).data.unsigned_urls[0]
    expect(await shown(['deliveries', 'jobs:read'])).toBe(link)
    expect(await shown(['deliveries'])).toBe(link.replace(/\?.*/, ''))
  })
})
