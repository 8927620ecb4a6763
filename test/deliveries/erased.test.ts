/** The event job.erased: told to whoever asked for it, though the job is gone. */
import { afterEach, describe, expect, it } from 'vitest'
import { callbackSecret, isSignedWith } from '../support/caller.ts'
import { type DeliveryView, deliveriesOf } from '../support/deliveries.ts'
import { makeEndpoint, type NewEndpoint } from '../support/endpoints.ts'
import { cancel, erase, retry } from '../support/job-calls.ts'
import { expectProblem } from '../support/problem.ts'
import { callbackPathOf, postWebhookTo, untilWebhookResults } from '../support/provider-webhooks.ts'
import { api, aRequest, getJob, post, sweep } from '../support/reelhook.ts'
import { leftOf, nothing } from '../support/remains.ts'
import {
  allEvents,
  aToldVideo,
  days,
  passDays,
  remainsOf,
  toldOfErasure,
  untilNotified,
  untilToldOfErasure,
} from '../support/retention.ts'
import { countRows, select } from '../support/storage.ts'
import { makeVideo } from '../support/videos.ts'
import { callerUrl, world } from '../support/world.ts'

const prompt = 'A paper boat that nobody shall remember'
const asked = { callback_events: allEvents, metadata: { order: '42' }, prompt }

let endpoint: NewEndpoint | undefined

afterEach(async () => {
  if (endpoint !== undefined) await api(`/v1/endpoints/${endpoint.id}`, { method: 'DELETE' })
  endpoint = undefined
})

describe('whoever asked for it', () => {
  it('is told once, signed, what the videos were and why they are gone', async () => {
    const id = await aToldVideo({ ...asked, retention_days: 1 })
    const { outputs } = await getJob(id)
    await passDays(1.1)
    const [told, ...others] = await untilToldOfErasure(id)
    expect(others).toEqual([])
    expect(told?.event).toEqual({
      type: 'job.erased',
      timestamp: expect.any(String),
      data: {
        id,
        reason: 'retention',
        erased_at: told?.event.timestamp,
        outputs: [{ n: 0, bytes: outputs[0]?.bytes, sha256: outputs[0]?.sha256 }],
        metadata: { order: '42' },
      },
    })
    if (told === undefined) throw new Error('nobody was told')
    expect(isSignedWith(callbackSecret, told.received)).toBe(true)
  })

  it('is told when it is erased by hand, too', async () => {
    const id = await aToldVideo(asked)
    expect((await erase(id)).status).toBe(204)
    const [told] = await untilToldOfErasure(id)
    expect(told?.event.data).toMatchObject({ id, reason: 'request' })
  })

  it('is an endpoint where it has subscribed', async () => {
    endpoint = await makeEndpoint(`${callerUrl}/erasures`, {
      event_types: ['job.erased'],
      metadata: { order: '42' },
    })
    const [id, other] = [await aToldVideo({ metadata: { order: '42' } }), await aToldVideo()]
    await erase(id)
    await erase(other)
    const [told, ...others] = await untilToldOfErasure(id)
    expect([told?.received.url, others]).toEqual([`${callerUrl}/erasures`, []])
    expect(told && isSignedWith(endpoint.secret, told.received)).toBe(true)
    expect(await leftOf(other)).toEqual(nothing)
  })

  it('is told again until it takes it, under one id', async () => {
    const id = await aToldVideo(asked)
    world.caller.respondNext(() => new Response('not now', { status: 500 }))
    await erase(id)
    await untilToldOfErasure(id)
    await world.advance(60_000)
    await sweep()
    const told = await untilToldOfErasure(id, 2)
    const ids = new Set(told.map(({ received }) => received.headers['webhook-id']))
    expect([told.length, ids.size]).toEqual([2, 1])
    await untilNotified(id)
    expect(await deliveriesOf(id)).toMatchObject([
      { event_type: 'job.erased', status: 'delivered', attempt_count: 2 },
    ])
  })

  it('is not told who did not ask', async () => {
    const id = await aToldVideo()
    await erase(id)
    expect(await leftOf(id)).toEqual(nothing)
    expect(toldOfErasure(id)).toEqual([])
  })
})

describe('of a job whose erasure is told', () => {
  it('nothing is kept but what the telling needs: no word of the request, no object', async () => {
    const id = await aToldVideo({ ...asked, callback_url: `${callerUrl}/private-hook` })
    await erase(id)
    await untilToldOfErasure(id)
    expect(await leftOf(id)).toEqual({ ...nothing, jobs: 1, deliveries: 1 })
    expect(JSON.stringify(await remainsOf(id))).not.toMatch(/paper boat|private-hook|order/)
    const bodies = await select<{ body: string }>('SELECT body FROM deliveries WHERE job_id = ?', id)
    expect(JSON.stringify(bodies)).not.toMatch(/paper boat|private-hook/)
    const lines = world.logs.filter(({ fields }) => fields.job_id === id)
    expect(JSON.stringify(lines)).not.toMatch(/paper boat|private-hook|"42"/)
  })

  it('nothing is found any more, wherever one looks', async () => {
    const id = await aToldVideo(asked)
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

  it('nothing is counted any more', async () => {
    const count = async () => {
      const { jobs, jobs_counted } = await (await api('/v1/stats')).json<{
        jobs: { count: number }[]
        jobs_counted: number
      }>()
      return [jobs_counted, jobs.reduce((sum, { count }) => sum + count, 0)]
    }
    const before = await count()
    await erase(await aToldVideo(asked))
    expect(await count()).toEqual(before)
  })

  it('no webhook is heard any more', async () => {
    const id = await aToldVideo(asked)
    await erase(id)
    expect((await postWebhookTo(await callbackPathOf(id), '{"late":true}')).status).toBe(200)
    expect((await untilWebhookResults(id, 2)).at(-1)).toBe('unknown_job')
    expect(await countRows('webhooks', 'job_id = ?', id)).toBe(0)
  })

  it('the Idempotency-Key is free again', async () => {
    const body = aRequest(asked)
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const { id } = await (await post('/v1/jobs', body, headers)).json<{ id: string }>()
    await cancel(id)
    await untilNotified(id)
    expect((await erase(id)).status).toBe(204)
    const again = await post('/v1/jobs', body, headers)
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, null])
    expect((await again.json<{ id: string }>()).id).not.toBe(id)
  })

  it('the log has it for a week, in which it can be told again, and then nothing', async () => {
    const id = await aToldVideo(asked)
    await erase(id)
    await untilToldOfErasure(id)
    await untilNotified(id)
    await passDays(6)
    const [delivery] = await deliveriesOf(id)
    const response = await post(`/v1/deliveries/${delivery?.id}/redeliver`, {})
    expect((await response.json<DeliveryView>()).status).toBe('pending')
    await untilToldOfErasure(id, 2)
    await untilNotified(id)
    await passDays(1.1)
    expect(await leftOf(id)).toEqual(nothing)
    expect(await deliveriesOf(id)).toEqual([])
  })

  it('the row stays for as long as somebody has still to be told', async () => {
    const id = await aToldVideo(asked)
    world.caller.respondNext(...Array.from({ length: 3 }, () => () => new Response('no', { status: 500 })))
    await erase(id)
    await untilToldOfErasure(id)
    // It stands as if it had been sent for again just before the week was over.
    await world.advance(8 * days)
    await sweep()
    expect(await leftOf(id)).toMatchObject({ jobs: 1, deliveries: 1 })
    await passDays(0.1)
    await untilToldOfErasure(id, 2)
    await passDays(0.1)
    await untilToldOfErasure(id, 3)
    await passDays(0.2)
    await untilNotified(id)
    await passDays(0.1)
    expect(await leftOf(id)).toEqual(nothing)
  })
})

describe('the body', () => {
  it('may be asked for by a job that ends in any way', async () => {
    const { id, callback_events } = await makeVideo(asked).then(({ id, request }) => ({ id, ...request }))
    expect(callback_events).toEqual(allEvents)
    await untilNotified(id)
  })
})
