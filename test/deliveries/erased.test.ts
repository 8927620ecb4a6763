/** The event job.erased is delivered to its subscribers, although the job is gone. */
import { afterEach, describe, expect, it } from 'vitest'
import { callbackSecret, isSignedWith } from '../support/caller.ts'
import { type DeliveryView, deliveriesOf } from '../support/deliveries.ts'
import { makeEndpoint, type NewEndpoint } from '../support/endpoints.ts'
import { cancel, erase, retry } from '../support/job-calls.ts'
import { expectProblem } from '../support/problem.ts'
import { callbackPathOf, postWebhookTo, untilWebhookResults } from '../support/provider-webhooks.ts'
import { api, getJob, post, sweep } from '../support/reelhook.ts'
import { leftOf, nothing } from '../support/remains.ts'
import {
  allEvents,
  aNotifiedVideo,
  days,
  erasureEventsOf,
  passDays,
  remainsOf,
  untilDelivered,
  untilErasureEvent,
} from '../support/retention.ts'
import { countRows, select } from '../support/storage.ts'
import { makeVideo } from '../support/videos.ts'
import { callerUrl, world } from '../support/world.ts'

const prompt = 'A paper boat that nobody shall remember'
const subscribed = { callback_events: allEvents, metadata: { order: '42' }, prompt }

let endpoint: NewEndpoint | undefined

afterEach(async () => {
  if (endpoint !== undefined) await api(`/v1/endpoints/${endpoint.id}`, { method: 'DELETE' })
  endpoint = undefined
})

describe('the event job.erased', () => {
  it('is delivered once, signed, with the hashes of the videos and the reason', async () => {
    const id = await aNotifiedVideo({ ...subscribed, retention_days: 1 })
    const { outputs } = await getJob(id)
    await passDays(1.1)
    const [erasure, ...others] = await untilErasureEvent(id)
    expect(others).toEqual([])
    expect(erasure?.event).toEqual({
      type: 'job.erased',
      timestamp: expect.any(String),
      data: {
        id,
        reason: 'retention',
        erased_at: erasure?.event.timestamp,
        outputs: [{ n: 0, bytes: outputs[0]?.bytes, sha256: outputs[0]?.sha256 }],
        metadata: { order: '42' },
      },
    })
    if (erasure === undefined) throw new Error('no event was received')
    expect(isSignedWith(callbackSecret, erasure.received)).toBe(true)
  })

  it('is delivered after an erasure by hand, too', async () => {
    const id = await aNotifiedVideo(subscribed)
    expect((await erase(id)).status).toBe(204)
    const [erasure] = await untilErasureEvent(id)
    expect(erasure?.event.data).toMatchObject({ id, reason: 'request' })
  })

  it('is delivered to an endpoint that subscribes to it', async () => {
    endpoint = await makeEndpoint(`${callerUrl}/erasures`, {
      event_types: ['job.erased'],
      metadata: { order: '42' },
    })
    const [id, other] = [await aNotifiedVideo({ metadata: { order: '42' } }), await aNotifiedVideo()]
    await erase(id)
    await erase(other)
    const [erasure, ...others] = await untilErasureEvent(id)
    expect([erasure?.received.url, others]).toEqual([`${callerUrl}/erasures`, []])
    expect(erasure && isSignedWith(endpoint.secret, erasure.received)).toBe(true)
    expect(await leftOf(other)).toEqual(nothing)
  })

  it('is retried under one id until it is accepted', async () => {
    const id = await aNotifiedVideo(subscribed)
    world.caller.respondNext(() => new Response('not now', { status: 500 }))
    await erase(id)
    await untilErasureEvent(id)
    await world.advance(60_000)
    await sweep()
    const erasure = await untilErasureEvent(id, 2)
    const ids = new Set(erasure.map(({ received }) => received.headers['webhook-id']))
    expect([erasure.length, ids.size]).toEqual([2, 1])
    await untilDelivered(id)
    expect(await deliveriesOf(id)).toMatchObject([
      { event_type: 'job.erased', status: 'delivered', attempt_count: 2 },
    ])
  })

  it('is not delivered to a caller that did not subscribe', async () => {
    const id = await aNotifiedVideo()
    await erase(id)
    expect(await leftOf(id)).toEqual(nothing)
    expect(erasureEventsOf(id)).toEqual([])
  })
})

describe('while the event of an erasure is delivered', () => {
  it('only what the delivery needs is stored: nothing of the request, and no object', async () => {
    const id = await aNotifiedVideo({ ...subscribed, callback_url: `${callerUrl}/private-hook` })
    await erase(id)
    await untilErasureEvent(id)
    expect(await leftOf(id)).toEqual({ ...nothing, jobs: 1, deliveries: 1 })
    expect(JSON.stringify(await remainsOf(id))).not.toMatch(/paper boat|private-hook|order/)
    const bodies = await select<{ body: string }>('SELECT body FROM deliveries WHERE job_id = ?', id)
    expect(JSON.stringify(bodies)).not.toMatch(/paper boat|private-hook/)
    const lines = world.logs.filter(({ fields }) => fields.job_id === id)
    expect(JSON.stringify(lines)).not.toMatch(/paper boat|private-hook|"42"/)
  })

  it('the job is not found in any part of the API', async () => {
    const id = await aNotifiedVideo(subscribed)
    const { outputs } = await getJob(id)
    const link = new URL(outputs[0]?.url ?? '')
    await erase(id)
    for (const path of [`/v1/jobs/${id}`, `/v1/jobs/${id}/events`, `/v1/jobs/${id}/outputs/0`]) {
      await expectProblem(await api(path), 404, 'not_found')
    }
    await expectProblem(await api(`${link.pathname}${link.search}`), 404, 'not_found')
    await expectProblem(await post(`/v1/jobs/${id}/links`, {}), 404, 'not_found')
    for (const ask of [cancel, retry, erase]) await expectProblem(await ask(id), 404, 'not_found')
    const { data } = await (await api('/v1/jobs?limit=100')).json<{ data: { id: string }[] }>()
    expect(data.map((job) => job.id)).not.toContain(id)
  })

  it('the job stays counted in the statistics', async () => {
    const count = async () => {
      const { jobs, jobs_counted } = await (await api('/v1/stats')).json<{
        jobs: { count: number }[]
        jobs_counted: number
      }>()
      return [jobs_counted, jobs.reduce((sum, { count }) => sum + count, 0)]
    }
    const id = await aNotifiedVideo(subscribed)
    const before = await count()
    await erase(id)
    expect(await count()).toEqual(before)
  })

  it('webhooks for the job are not recorded', async () => {
    const id = await aNotifiedVideo(subscribed)
    await erase(id)
    expect((await postWebhookTo(await callbackPathOf(id), '{"late":true}')).status).toBe(200)
    expect((await untilWebhookResults(id, 2)).at(-1)).toBe('unknown_job')
    expect(await countRows('webhooks', 'job_id = ?', id)).toBe(0)
  })

  it('the delivery stays in the log for a week, and can be redelivered until then', async () => {
    const id = await aNotifiedVideo(subscribed)
    await erase(id)
    await untilErasureEvent(id)
    await untilDelivered(id)
    await passDays(6)
    const [delivery] = await deliveriesOf(id)
    const response = await post(`/v1/deliveries/${delivery?.id}/redeliver`, {})
    expect((await response.json<DeliveryView>()).status).toBe('pending')
    await untilErasureEvent(id, 2)
    await untilDelivered(id)
    await passDays(1.1)
    expect(await leftOf(id)).toEqual(nothing)
    expect(await deliveriesOf(id)).toEqual([])
  })

  it('the row of the job stays until the delivery has ended', async () => {
    const id = await aNotifiedVideo(subscribed)
    world.caller.respondNext(...Array.from({ length: 3 }, () => () => new Response('no', { status: 500 })))
    await erase(id)
    await untilErasureEvent(id)
    // As if it had been redelivered just before the week was over.
    await world.advance(8 * days)
    await sweep()
    expect(await leftOf(id)).toMatchObject({ jobs: 1, deliveries: 1 })
    await passDays(0.1)
    await untilErasureEvent(id, 2)
    await passDays(0.1)
    await untilErasureEvent(id, 3)
    await passDays(0.2)
    await untilDelivered(id)
    await passDays(0.1)
    expect(await leftOf(id)).toEqual(nothing)
  })
})

describe('the event job.erased in a request', () => {
  it('may be subscribed to by a job that ends in any way', async () => {
    const { id, callback_events } = await makeVideo(subscribed).then(({ id, request }) => ({
      id,
      ...request,
    }))
    expect(callback_events).toEqual(allEvents)
    await untilDelivered(id)
  })
})
