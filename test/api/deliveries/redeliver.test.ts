/** Redelivery: the same id and the same bytes, on a new schedule. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  deliveryWaitsMs,
  failuresToOpenCircuit,
  maxAttemptsPerHost,
} from '../../../src/core/schedule/deliveries.ts'
import { isSignedWith } from '../../support/caller.ts'
import {
  type DeliveryView,
  deliveriesOf,
  insertDeliveries,
  notifyOfFailure,
  processDeliveries,
  untilDelivery,
} from '../../support/deliveries.ts'
import { changeEndpoint, deleteEndpoint, makeEndpoint } from '../../support/endpoints.ts'
import { aHost, countDeliveries, down, type Host, ok, untilDelivered } from '../../support/hosts.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, post, sweep, untilNotified } from '../../support/reelhook.ts'
import { aGate } from '../../support/runtime.ts'
import { countRows, select } from '../../support/storage.ts'
import { callerUrl, world } from '../../support/world.ts'

let host: Host
const withoutCallback = { callback_url: undefined, callback_secret: undefined }
const gone = () => new Response('go away', { status: 410 })

beforeEach(async () => {
  for (const table of ['endpoints', 'deliveries', 'hosts', 'disabled_callbacks'])
    await select(`DELETE FROM ${table}`)
  host = aHost()
})

async function redeliver({ id }: { id: string }): Promise<Response> {
  return api(`/v1/deliveries/${id}/redeliver`, { method: 'POST' })
}

interface Many {
  redelivered: number
  data: { id: string; url: string }[]
  next_cursor: string | null
}

async function redeliverMany(body: Record<string, unknown> = {}): Promise<Many> {
  const response = await post('/v1/deliveries/redeliver', { since: '2020-01-01T00:00:00Z', ...body })
  expect(response.status, await response.clone().text()).toBe(202)
  return response.json()
}

/** A delivery to the callback URL of a job, which the caller refused. */
async function aFailedDelivery(): Promise<DeliveryView> {
  world.caller.respondNext(gone)
  return untilDelivery(await notifyOfFailure(), ({ status }) => status === 'failed')
}

describe('a redelivery', () => {
  it('sends the same bytes under the same id at once, and continues the numbers of its attempts', async () => {
    const failed = await aFailedDelivery()
    const response = await redeliver(failed)
    expect(response.status).toBe(202)
    expect(await response.json()).toMatchObject({ id: failed.id, url: `${callerUrl}/hook`, attempt_count: 1 })
    const delivered = await untilDelivery(failed.job_id, ({ status }) => status === 'delivered')
    expect(delivered.attempts.map(({ n, status }) => [n, status])).toEqual([
      [1, 410],
      [2, 200],
    ])
    const [first, second] = await untilNotified(failed.job_id, 2)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(second?.body).toBe(first?.body)
  })

  it('can repeat a delivery that succeeded', async () => {
    const delivered = await untilDelivery(await notifyOfFailure(), ({ status }) => status === 'delivered')
    expect((await redeliver(delivered)).status).toBe(202)
    await untilNotified(delivered.job_id, 2)
  })

  it('starts the schedule again', async () => {
    const failed = await aFailedDelivery()
    world.caller.respondNext(...[500, 500].map((status) => () => new Response('no', { status })))
    await redeliver(failed)
    for (const [attempts, waitMs] of [
      [2, deliveryWaitsMs[1]],
      [3, deliveryWaitsMs[2]],
    ] as const) {
      const pending = await untilDelivery(failed.job_id, (delivery) => delivery.attempts.length === attempts)
      expect(Date.parse(pending.next_attempt_at ?? '') - world.edges.now()).toBe(waitMs)
      await world.advance(waitMs)
      await sweep()
    }
    await untilDelivery(failed.job_id, ({ status }) => status === 'delivered')
  })

  it('uses the current URL and secret of an endpoint, and shows the URL', async () => {
    host.answer(gone)
    const endpoint = await makeEndpoint(host.url)
    const jobId = await notifyOfFailure(withoutCallback)
    const failed = await untilDelivery(jobId, ({ status }) => status === 'failed')
    const secret = `whsec_${btoa('a newer secret of thirty-two b..')}`
    await changeEndpoint(endpoint, { url: `${callerUrl}/moved`, secret })
    expect(await (await redeliver(failed)).json()).toMatchObject({ url: `${callerUrl}/moved` })
    // Its lane counts failures by path.
    expect(await select('SELECT host, path FROM deliveries WHERE id = ?', failed.id)).toEqual([
      { host: new URL(callerUrl).host, path: '/moved' },
    ])
    const [received] = await untilNotified(jobId)
    expect(received && isSignedWith(secret, received)).toBe(true)
  })

  it('is attempted even if the circuit of its host is open', async () => {
    host.answer(down)
    await processDeliveries(await insertDeliveries(failuresToOpenCircuit, host.url))
    const [id = ''] = await insertDeliveries(1, host.url)
    await select("UPDATE deliveries SET status = 'failed', due_at = NULL WHERE id = ?", id)
    host.answer(ok)
    await redeliver({ id })
    await untilDelivered([id])
  })
})

describe('a redelivery of a pending delivery', () => {
  it('makes the next attempt now and continues the schedule', async () => {
    const no = () => new Response('no', { status: 500 })
    world.caller.respondNext(no, no)
    const jobId = await notifyOfFailure()
    const pending = await untilDelivery(jobId, ({ attempts }) => attempts.length === 1)
    expect((await redeliver(pending)).status).toBe(202)
    const again = await untilDelivery(jobId, ({ attempts }) => attempts.length === 2)
    expect(Date.parse(again.next_attempt_at ?? '') - world.edges.now()).toBe(deliveryWaitsMs[2])
    expect((await redeliver(pending)).status).toBe(202)
    await untilDelivery(jobId, ({ status }) => status === 'delivered')
  })

  it('goes before the other deliveries that wait for its host', async () => {
    host.answer(down)
    await processDeliveries(await insertDeliveries(failuresToOpenCircuit, host.url))
    const ids = await insertDeliveries(5, host.url)
    await processDeliveries(ids)
    const last = ids.at(-1) ?? ''
    host.called.received.length = 0
    host.answer(ok)
    expect((await redeliver({ id: last })).status).toBe(202)
    await untilDelivered(ids)
    expect(JSON.parse(host.called.received[0]?.body ?? '').data.metadata.n).toBe('4')
  })

  it('does not wait when its host already has the maximum of attempts', async () => {
    const [full, answered] = [aGate(), aGate()]
    host.answer(async ({ url }) => {
      if (url.endsWith('/other')) return ok()
      if (host.called.calls === maxAttemptsPerHost) full.open()
      await answered.wait
      return ok()
    })
    const work = processDeliveries(await insertDeliveries(maxAttemptsPerHost + 5, host.url))
    await full.wait
    const ids = await insertDeliveries(1, `${host.url}/other`)
    await processDeliveries(ids)
    expect(await countDeliveries(ids, "reason = 'waiting_for_host'")).toBe(1)
    expect((await redeliver({ id: ids[0] ?? '' })).status).toBe(202)
    await untilDelivered(ids)
    answered.open()
    await work
  })

  it('makes at most one attempt for each of several requests at once', async () => {
    const failed = await aFailedDelivery()
    const responses = await Promise.all([redeliver(failed), redeliver(failed), redeliver(failed)])
    const accepted = responses.filter(({ status }) => status === 202).length
    await untilDelivery(failed.job_id, ({ status }) => status === 'delivered')
    expect(accepted).toBeGreaterThan(0)
    expect(world.caller.receivedFor(failed.job_id).length).toBeLessThanOrEqual(1 + accepted)
  })
})

describe('a redelivery of a period', () => {
  it('sends all failed deliveries again, page by page, and shows their URLs', async () => {
    host.answer(ok)
    const ids = await insertDeliveries(25, host.url)
    await select("UPDATE deliveries SET status = 'failed', due_at = NULL WHERE host = ?", host.name)
    const pages: Many[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Many = await redeliverMany({ limit: 10, ...(cursor && { cursor }) })
      pages.push(page)
      cursor = page.next_cursor
    }
    expect(pages.map(({ redelivered }) => redelivered)).toEqual([10, 10, 5])
    expect(pages.flatMap(({ data }) => data).map(({ id, url }) => [id, url])).toEqual(
      ids.map((id) => [id, host.url]),
    )
    await untilDelivered(ids)
    expect(host.called.calls).toBe(25)
    expect(await host.row()).toBeUndefined()
  })

  it('does not delay new deliveries: it waits in the queue of its host', async () => {
    host.answer(ok)
    const ids = await insertDeliveries(100, host.url)
    await select("UPDATE deliveries SET status = 'failed', due_at = NULL WHERE host = ?", host.name)
    const { redelivered } = await redeliverMany()
    expect(redelivered).toBe(100)
    // The message queue has only as many as the host may have at once.
    expect(await countDeliveries(ids, "reason = 'waiting_for_host' AND due_at IS NULL")).toBeGreaterThan(0)
    await untilDelivery(await notifyOfFailure(), ({ status }) => status === 'delivered')
    await untilDelivered(ids)
  })

  it('can be limited to an endpoint, a type and an end, and can repeat delivered ones', async () => {
    host.answer(ok)
    const endpoint = await makeEndpoint(host.url)
    await notifyOfFailure()
    await notifyOfFailure({ metadata: { order: '42' } })
    await vi.waitUntil(async () => (await countRows('deliveries', "status = 'delivered'")) === 4, {
      timeout: 60_000,
    })
    expect(await redeliverMany()).toEqual({ redelivered: 0, data: [], next_cursor: null })
    expect((await redeliverMany({ status: 'delivered', until: '2021-01-01T00:00:00Z' })).redelivered).toBe(0)
    expect((await redeliverMany({ status: 'delivered', event_type: 'job.succeeded' })).redelivered).toBe(0)
    const { data } = await redeliverMany({ status: 'delivered', endpoint_id: endpoint.id })
    expect(data.map(({ url }) => url)).toEqual([host.url, host.url])
  })

  it('waits for a host that is down and tries it with one delivery', async () => {
    host.answer(down)
    const ids = await insertDeliveries(failuresToOpenCircuit + 5, host.url)
    await processDeliveries(ids)
    await select("UPDATE deliveries SET status = 'failed', due_at = NULL WHERE host = ?", host.name)
    host.answer(ok)
    await redeliverMany()
    await untilDelivered(ids)
  })
})

describe('a redelivery is refused', () => {
  it('while an attempt is in progress', async () => {
    const [called, answered] = [aGate(), aGate()]
    host.answer(async () => {
      called.open()
      await answered.wait
      return ok()
    })
    const ids = await insertDeliveries(1, host.url)
    const work = processDeliveries(ids)
    await called.wait
    await expectProblem(await redeliver({ id: ids[0] ?? '' }), 409, 'delivery_pending')
    answered.open()
    await work
    await untilDelivered(ids)
    expect(host.called.calls).toBe(1)
  })

  it('of a period, for pending deliveries', async () => {
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    const pending = await untilDelivery(await notifyOfFailure(), ({ attempts }) => attempts.length === 1)
    expect((await redeliverMany()).redelivered).toBe(0)
    expect(await deliveriesOf(pending.job_id)).toEqual([pending])
  })

  it('for an endpoint that is disabled or deleted, alone and in a period', async () => {
    host.answer(gone)
    const endpoint = await makeEndpoint(host.url)
    const jobId = await notifyOfFailure(withoutCallback)
    const failed = await untilDelivery(jobId, ({ status }) => status === 'failed')
    await changeEndpoint(endpoint, { disabled: true })
    await expectProblem(await redeliver(failed), 409, 'disabled')
    expect((await redeliverMany()).redelivered).toBe(0)
    await deleteEndpoint(endpoint)
    await expectProblem(await redeliver(failed), 409, 'disabled')
  })

  it('for disabled callbacks of an API key', async () => {
    const failed = await aFailedDelivery()
    await select("INSERT INTO disabled_callbacks VALUES ('admin', 'caller.test', 1, 2)")
    await expectProblem(await redeliver(failed), 409, 'disabled')
  })

  it('for an unknown delivery', async () => {
    await expectProblem(await redeliver({ id: 'dlv_none' }), 404, 'not_found')
  })

  it('for an invalid filter, with all of its faults at once', async () => {
    const body = {
      until: 'later',
      status: 'pending',
      event_type: 'job.born',
      limit: 101,
      cursor: 'x',
      all: true,
    }
    const problem = await expectProblem(await post('/v1/deliveries/redeliver', body), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['all', 'cursor', 'event_type', 'limit', 'since', 'status', 'until'])
  })
})
