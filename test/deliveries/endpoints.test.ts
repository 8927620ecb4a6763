/** Each event is one delivery to the job's URL and one to every endpoint that subscribes to it. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { callbackSecret, isSignedWith } from '../support/caller.ts'
import { type DeliveryView, deliveriesOf, notifyOfFailure } from '../support/deliveries.ts'
import { changeEndpoint, deleteEndpoint, makeEndpoint } from '../support/endpoints.ts'
import { aHost, type Host, ok } from '../support/hosts.ts'
import { canceled } from '../support/job-calls.ts'
import { sweep, timelineOf, untilNotified } from '../support/reelhook.ts'
import { postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import { makeVideo } from '../support/videos.ts'
import { callerUrl, world } from '../support/world.ts'

let host: Host
const uncalled = { callback_url: undefined, callback_secret: undefined }

beforeEach(async () => {
  for (const table of ['endpoints', 'deliveries', 'hosts']) await select(`DELETE FROM ${table}`)
  host = aHost()
  host.answer(ok)
})

async function untilReceived(count: number) {
  await vi.waitUntil(() => host.called.received.length >= count, { timeout: 60_000 })
  return host.called.received
}

async function untilAll(
  jobId: string,
  isAsWanted: (delivery: DeliveryView) => boolean,
): Promise<DeliveryView[]> {
  return vi.waitFor(
    async () => {
      const deliveries = await deliveriesOf(jobId)
      if (deliveries.length === 0 || !deliveries.every(isAsWanted))
        throw new Error(JSON.stringify(deliveries))
      return deliveries
    },
    { timeout: 60_000, interval: 10 },
  )
}

describe('an endpoint receives an event', () => {
  it('of a job without a callback URL, signed with the secret of the endpoint', async () => {
    const { id, secret } = await makeEndpoint(host.url)
    const jobId = await notifyOfFailure(uncalled)
    const [received] = await untilReceived(1)
    if (received === undefined) throw new Error('nothing came')
    expect(isSignedWith(secret, received)).toBe(true)
    expect(JSON.parse(received.body)).toMatchObject({ type: 'job.failed', data: { id: jobId } })
    expect(await untilAll(jobId, ({ status }) => status === 'delivered')).toMatchObject([
      { endpoint_id: id, url: host.url },
    ])
  })

  it('of a job that is canceled', async () => {
    const { id, secret } = await makeEndpoint(host.url)
    const job = await postWithoutWakeUp(uncalled)
    await canceled(job.id)
    const [received] = await untilReceived(1)
    if (received === undefined) throw new Error('nothing came')
    expect(isSignedWith(secret, received)).toBe(true)
    const data = { id: job.id, status: 'canceled', cancellation: { may_still_be_billed: false } }
    expect(JSON.parse(received.body)).toMatchObject({ type: 'job.canceled', data })
    expect(await untilAll(job.id, ({ status }) => status === 'delivered')).toMatchObject([
      { endpoint_id: id },
    ])
  })

  it('with the same webhook-id and bytes as the job URL and other endpoints', async () => {
    const other = aHost()
    other.answer(ok)
    const [one, two] = [await makeEndpoint(host.url), await makeEndpoint(other.url)]
    const jobId = await notifyOfFailure()
    const deliveries = await untilAll(jobId, ({ status }) => status === 'delivered')
    expect(deliveries.map(({ endpoint_id }) => endpoint_id).sort()).toEqual([null, one.id, two.id].sort())
    const received = [...host.called.received, ...other.called.received, ...(await untilNotified(jobId))]
    expect(received).toHaveLength(3)
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    const secrets = [one.secret, two.secret, callbackSecret]
    expect(received.map((each, n) => isSignedWith(secrets[n] ?? '', each))).toEqual([true, true, true])
  })

  it('on its own schedule: one that refuses does not delay the others', async () => {
    await makeEndpoint(host.url)
    host.answer(() => new Response('no', { status: 404 }))
    const jobId = await notifyOfFailure()
    const deliveries = await untilAll(jobId, ({ attempts }) => attempts.length === 1)
    expect(deliveries.map(({ endpoint_id, status }) => [endpoint_id !== null, status]).sort()).toEqual([
      [false, 'delivered'],
      [true, 'pending'],
    ])
    host.answer(ok)
    await world.advance(5_000)
    await sweep()
    await untilAll(jobId, ({ status }) => status === 'delivered')
    expect(world.caller.receivedFor(jobId)).toHaveLength(1)
  })

  it.each([
    [{}, true],
    [{ tenant: '7' }, true],
    [{ tenant: '7', order: '42' }, true],
    [{ tenant: '8' }, false],
    [{ tenant: '7', order: '43' }, false],
    [{ tenant: '7', region: 'eu' }, false],
    [{ toString: '7' }, false],
  ])('only if the metadata of the job match %j', async (metadata, isTold) => {
    await makeEndpoint(host.url, { metadata })
    const jobId = await notifyOfFailure({ ...uncalled, metadata: { tenant: '7', order: '42' } })
    expect(await deliveriesOf(jobId)).toHaveLength(isTold ? 1 : 0)
  })

  it('only of the types it subscribes to', async () => {
    await makeEndpoint(host.url, { event_types: ['job.succeeded'] })
    expect(await deliveriesOf(await notifyOfFailure(uncalled))).toEqual([])
    const { id } = await makeVideo(uncalled)
    expect(await deliveriesOf(id)).toMatchObject([{ event_type: 'job.succeeded' }])
  })

  it('at exactly the URL it has, with its long query', async () => {
    const opaque = `${host.url}/webhook-waiting/${'4'.repeat(900)}?signature=${'a%2Bb'.repeat(200)}&x=%7B%22a%22%3A1%7D`
    await makeEndpoint(opaque)
    await notifyOfFailure(uncalled)
    expect((await untilReceived(1))[0]?.url).toBe(opaque)
  })
})

describe('an endpoint receives nothing', () => {
  it('while it is disabled, nor of events before it was created', async () => {
    const jobId = await notifyOfFailure(uncalled)
    await makeEndpoint(host.url, { disabled: true })
    const other = await notifyOfFailure(uncalled)
    expect(await deliveriesOf(jobId)).toEqual([])
    expect(await deliveriesOf(other)).toEqual([])
  })

  it('once it is disabled or deleted: pending deliveries fail with that reason', async () => {
    host.answer(() => new Response('no', { status: 404 }))
    const [disabled, deleted] = [await makeEndpoint(host.url), await makeEndpoint(host.url)]
    const jobId = await notifyOfFailure(uncalled)
    await untilAll(jobId, ({ attempts }) => attempts.length === 1)
    await changeEndpoint(disabled, { disabled: true })
    await deleteEndpoint(deleted)
    await world.advance(5_000)
    await sweep()
    const given = await untilAll(jobId, ({ status }) => status === 'failed')
    expect(given.find(({ endpoint_id }) => endpoint_id === disabled.id)?.reason).toBe('disabled')
    expect(given.find(({ endpoint_id }) => endpoint_id === deleted.id)?.reason).toBe('endpoint_deleted')
    expect(host.called.calls).toBe(2)
    expect((await timelineOf(jobId)).filter((type) => type === 'delivery.failed')).toHaveLength(2)
  })
})

describe('an endpoint that changes', () => {
  it('receives pending deliveries at its new URL, signed with its new secret', async () => {
    host.answer(() => new Response('no', { status: 500 }))
    const endpoint = await makeEndpoint(host.url)
    const jobId = await notifyOfFailure(uncalled)
    await untilAll(jobId, ({ attempts }) => attempts.length === 1)
    const secret = `whsec_${btoa('a newer secret of thirty-two b..')}`
    await changeEndpoint(endpoint, { url: `${callerUrl}/moved`, secret })
    await world.advance(5_000)
    await sweep()
    const [delivery] = await untilAll(jobId, ({ status }) => status === 'delivered')
    expect(delivery?.url).toBe(`${callerUrl}/moved`)
    const [received] = await untilNotified(jobId)
    expect(received && isSignedWith(secret, received)).toBe(true)
  })

  it('receives at once the deliveries that were parked for its old host', async () => {
    host.answer(() => new Response('no', { status: 500 }))
    const endpoint = await makeEndpoint(host.url)
    for (let n = 0; n < 11; n++) await notifyOfFailure(uncalled)
    await vi.waitUntil(
      async () => (await select("SELECT 1 FROM deliveries WHERE reason = 'waiting_for_host'")).length === 1,
      { timeout: 60_000 },
    )
    await changeEndpoint(endpoint, { url: `${callerUrl}/moved` })
    await vi.waitUntil(
      async () =>
        (await select("SELECT 1 FROM deliveries WHERE status = 'delivered' AND host = 'caller.test'"))
          .length === 1,
      { timeout: 60_000 },
    )
  })
})

describe('a hostile endpoint', () => {
  it('whose URL has become private is not called', async () => {
    const { id } = await makeEndpoint(host.url)
    await select(
      "UPDATE endpoints SET url = 'https://169.254.169.254/hook', host = '169.254.169.254' WHERE id = ?",
      id,
    )
    const jobId = await notifyOfFailure(uncalled)
    const [delivery] = await untilAll(jobId, ({ attempts }) => attempts.length === 1)
    expect(delivery?.attempts[0]).toMatchObject({
      status: null,
      error: expect.stringMatching(/^the URL must/),
    })
  })
})
