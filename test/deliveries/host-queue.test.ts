/** Deliveries that wait for a host are parked: they delay no other, and cost neither writes nor messages. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  failingPathsToBlockHost,
  failuresToOpenCircuit,
  hostWaitsMs,
  maxAttemptsPerHost,
} from '../../src/core/schedule/deliveries.ts'
import { leaseMs } from '../../src/core/schedule/jobs.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimDelivery } from '../../src/store/deliveries/claim.ts'
import { insertDeliveries, notifyOfFailure, processDeliveries, untilDelivery } from '../support/deliveries.ts'
import { makeEndpoint } from '../support/endpoints.ts'
import {
  aHost,
  attemptsAt,
  countDeliveries,
  delivered,
  down,
  ok,
  openCircuit,
  untilDelivered,
  untried,
} from '../support/hosts.ts'
import { sweep } from '../support/reelhook.ts'
import { aContext, aGate } from '../support/runtime.ts'
import { countRows, select } from '../support/storage.ts'
import { callerUrl, world } from '../support/world.ts'

// Each test has its own host, and starts without deliveries to another.
let host = aHost()

beforeEach(async () => {
  await select('DELETE FROM deliveries')
  await select('DELETE FROM hosts')
  host = aHost()
})

/** Copies the delivery until there are this many. */
async function multiply(id: string, count: number): Promise<void> {
  const { results } = await env.DB.prepare("SELECT name FROM pragma_table_info('deliveries')").all<{
    name: string
  }>()
  const columns = results.map(({ name }) => name)
  const values = columns.map((name) => (name === 'id' ? "id || '-' || n" : name))
  await select(
    `WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    INSERT INTO deliveries (${columns}) SELECT ${values} FROM deliveries, numbers WHERE id = ?`,
    id,
  )
}

describe('three hundred deliveries to a dead host', () => {
  it('do not delay the live ones between them, and are hardly attempted', async () => {
    const dead = await insertDeliveries(300, host.url)
    const live = await insertDeliveries(20, `${callerUrl}/hook`)
    // Fifteen dead ones before each live one.
    await processDeliveries(live.flatMap((id, n) => [...dead.slice(n * 15, n * 15 + 15), id]))
    expect(await countDeliveries(live, delivered)).toBe(20)
    expect(await attemptsAt(host)).toBeLessThanOrEqual(maxAttemptsPerHost + failuresToOpenCircuit)
    // The deliveries released by the first nine failures find the circuit open, and are parked again.
    const most = 300 - maxAttemptsPerHost - failuresToOpenCircuit
    await vi.waitUntil(async () => (await countDeliveries(dead, untried)) >= most, { timeout: 60_000 })
  })

  it('do not delay the live ones in the real queue, whose batches come one after the other', async () => {
    const dead = await insertDeliveries(300, host.url)
    const live = await insertDeliveries(20, `${callerUrl}/hook`)
    await aContext().queues.deliveries(live.flatMap((id, n) => [...dead.slice(n * 15, n * 15 + 15), id]))
    await untilDelivered(live)
    expect(await attemptsAt(host)).toBeLessThanOrEqual(maxAttemptsPerHost + failuresToOpenCircuit)
  })

  it('do not delay the live ones though the host hangs', async () => {
    const [hanging, over] = [aGate(), aGate()]
    host.answer(async () => {
      hanging.open()
      await over.wait
      throw new TypeError('reset')
    })
    const dead = await insertDeliveries(300, host.url)
    const live = await insertDeliveries(20, `${callerUrl}/hook`)
    const deadWork = processDeliveries(dead)
    await hanging.wait
    await processDeliveries(live)
    const deliveredMeanwhile = await countDeliveries(live, delivered)
    over.open()
    await deadWork
    expect(deliveredMeanwhile).toBe(20)
    // The attempts under way before the tenth failure; the end of each had released one more.
    expect(host.called.calls).toBeLessThanOrEqual(maxAttemptsPerHost + failuresToOpenCircuit)
    expect((await host.row())?.consecutive_outages).toBe(failuresToOpenCircuit)
  })

  it('wait at no cost: no sweep wakes them, and no row is written again', async () => {
    await openCircuit(host)
    await processDeliveries(await insertDeliveries(300, host.url))
    const rows = () => select('SELECT * FROM deliveries WHERE host = ?', host.name)
    const [before, seen] = [await rows(), world.logs.length]
    await sweep()
    expect(await rows()).toEqual(before)
    expect(world.logs.slice(seen).map(({ event }) => event)).not.toContain('delivery.parked')
    expect(host.called.calls).toBe(0)
  })
})

describe('five thousand overdue deliveries to a dead host', () => {
  it('are parked all at once, without messages, and the sweep wakes the live ones behind them', async () => {
    await openCircuit(host)
    const [sample = ''] = await insertDeliveries(1, host.url)
    await multiply(sample, 5_000)
    await world.advance(1)
    const live = await insertDeliveries(20, `${callerUrl}/hook`)
    const seen = world.logs.length
    await sweep()
    await untilDelivered(live)
    expect(await countRows('deliveries', `host = ? AND ${untried}`, host.name)).toBe(5_000)
    // The live host may have more deliveries at once than it takes, and parks some for a moment.
    const parked = world.logs.slice(seen).filter(({ event }) => event === 'delivery.parked')
    expect(parked.filter(({ fields }) => fields.host === host.name)).toEqual([])
    expect(host.called.calls).toBe(0)
  })
})

describe('a host that many keys and endpoints share', () => {
  const dead = () => `${host.url}/dead`
  const live = () => `${host.url}/live`

  beforeEach(() => host.answer(({ url }) => (url.endsWith('/live') ? ok() : down())))

  it("delivers a key's event at once while another key's deliveries fail there for hours", async () => {
    await processDeliveries(await insertDeliveries(44, dead(), 'key_a'))
    for (let hours = 0; hours < 3; hours++) {
      const [id = ''] = await insertDeliveries(1, live(), 'key_b')
      await processDeliveries([id])
      expect(await countDeliveries([id], delivered)).toBe(1)
      await world.advance(60 * 60_000)
      await sweep()
    }
  })

  it("delivers a key's event at once while another key's deliveries hang there", async () => {
    const [hanging, over] = [aGate(), aGate()]
    host.answer(async ({ url }) => {
      if (url.endsWith('/live')) return ok()
      hanging.open()
      await over.wait
      throw new TypeError('reset')
    })
    const work = processDeliveries(await insertDeliveries(44, dead(), 'key_a'))
    await hanging.wait
    const ids = await insertDeliveries(1, live(), 'key_b')
    await processDeliveries(ids)
    expect(await countDeliveries(ids, delivered)).toBe(1)
    over.open()
    await work
  })

  it('delivers to an endpoint at once while the callbacks of a key fail there', async () => {
    await processDeliveries(await insertDeliveries(44, dead()))
    await makeEndpoint(live())
    const jobId = await notifyOfFailure({ callback_url: undefined, callback_secret: undefined })
    await untilDelivery(jobId, ({ status }) => status === 'delivered')
  })

  it('costs few attempts for each owner when it really is down', async () => {
    host.answer(down)
    for (const key of ['key_a', 'key_b']) await processDeliveries(await insertDeliveries(44, host.url, key))
    expect(await attemptsAt(host)).toBeLessThanOrEqual(2 * (maxAttemptsPerHost + failuresToOpenCircuit))
  })
})

describe('a host whose paths one key shares', () => {
  const at = (path: string) => `https://${host.name}/${path}`

  it('is tried at once by a delivery of a path that has not failed', async () => {
    await openCircuit(host)
    await processDeliveries(await insertDeliveries(44, at('dead')))
    host.answer(({ url }) => (url.endsWith('/live') ? ok() : down()))
    const ids = await insertDeliveries(5, at('live'))
    await processDeliveries(ids)
    await untilDelivered(ids)
  })

  it('is tried by its failing paths in turn, each by its oldest delivery', async () => {
    await openCircuit(host)
    const called = () => host.called.received.map(({ url }) => new URL(url).pathname.slice(1))
    for (const path of ['a', 'b']) await processDeliveries(await insertDeliveries(3, at(path)))
    const before = called().length
    for (const [tries, waitMs] of hostWaitsMs.slice(0, 4).entries()) {
      await world.advance(waitMs)
      await sweep()
      await vi.waitUntil(
        async () => (await host.row())?.consecutive_outages === failuresToOpenCircuit + tries + 1,
        {
          timeout: 60_000,
        },
      )
    }
    expect(called().slice(before)).toEqual(['a', 'b', 'a', 'b'])
  })

  it('counts as down when ten paths have failed: then an eleventh is parked, too', async () => {
    host.answer(down)
    for (let n = 0; n < failingPathsToBlockHost; n++)
      await processDeliveries(await insertDeliveries(1, at(`unique-${n}`)))
    host.called.calls = 0
    const ids = [
      ...(await insertDeliveries(1, at('unique-10'))),
      ...(await insertDeliveries(1, at('unique-11'))),
    ]
    await processDeliveries(ids)
    expect(host.called.calls).toBe(0)
    expect(await countDeliveries(ids, untried)).toBe(2)
  })

  it('is then tried by the newest and the oldest in turn: one gets through its schedule, however many come', async () => {
    host.answer(down)
    for (let n = 0; n < failingPathsToBlockHost; n++)
      await processDeliveries(await insertDeliveries(1, at(`unique-${n}`)))
    await select('DELETE FROM deliveries')
    for (const path of ['x', 'y', 'z']) await processDeliveries(await insertDeliveries(1, at(path)))
    host.called.received.length = 0
    for (const [tries, waitMs] of hostWaitsMs.slice(0, 4).entries()) {
      // Halfway, the delivery that was tried is parked again.
      for (const _ of [1, 2]) {
        await world.advance(waitMs / 2)
        await sweep()
      }
      await vi.waitUntil(
        async () => (await host.row())?.consecutive_outages === failuresToOpenCircuit + tries + 1,
        {
          timeout: 60_000,
        },
      )
    }
    expect(host.called.received.map(({ url }) => new URL(url).pathname)).toEqual(['/z', '/x', '/z', '/x'])
  })

  it('is not closed for as long as the Retry-After of one path asks', async () => {
    host.answer(() => new Response('', { status: 503, headers: { 'retry-after': '86400' } }))
    const ids = await insertDeliveries(failuresToOpenCircuit, host.url)
    await processDeliveries(ids)
    expect((await host.row())?.due_at).toBe(world.edges.now() + (hostWaitsMs.at(-1) ?? 0))
    const [delivery] = await select<{ due_at: number }>('SELECT due_at FROM deliveries WHERE id = ?', ids[0])
    expect(delivery?.due_at).toBe(world.edges.now() + 86_400_000)
  })
})

describe('the limit of attempts at a host', () => {
  it('is twenty at once; the others are parked and follow one by one', async () => {
    const [full, answered] = [aGate(), aGate()]
    let underWay = 0
    let most = 0
    host.answer(async () => {
      underWay += 1
      most = Math.max(most, underWay)
      if (underWay === maxAttemptsPerHost) full.open()
      await answered.wait
      underWay -= 1
      return ok()
    })
    const ids = await insertDeliveries(60, host.url)
    // Each in an invocation of its own, because one that hangs delays the others of its invocation.
    const work = Promise.all(ids.map((id) => processDeliveries([id])))
    await full.wait
    await vi.waitUntil(async () => (await countDeliveries(ids, "reason = 'waiting_for_host'")) === 40, {
      timeout: 60_000,
    })
    answered.open()
    await work
    await untilDelivered(ids)
    expect(most).toBe(maxAttemptsPerHost)
    expect(host.called.calls).toBe(60)
    await vi.waitUntil(async () => (await host.row()) === undefined, { timeout: 60_000 })
  })

  it('does not hold deliveries that a crash left parked: the sweep wakes them', async () => {
    host.answer(ok)
    const crashed = await insertDeliveries(maxAttemptsPerHost, host.url)
    const db = openDatabase(env.DB)
    for (const id of crashed) await claimDelivery(db, id, `a lease of the dead ${id}`, world.edges.now())
    const ids = await insertDeliveries(5, host.url)
    await processDeliveries(ids)
    expect(await countDeliveries(ids, "reason = 'waiting_for_host'")).toBe(5)
    await world.advance(leaseMs)
    await sweep()
    await untilDelivered([...crashed, ...ids])
  })

  it('counts deliveries to another port as another host', async () => {
    const id = await notifyOfFailure({ callback_url: 'https://caller.test:8443/hook' })
    const [row] = await select<{ host: string }>('SELECT host FROM deliveries WHERE job_id = ?', id)
    expect(row?.host).toBe('caller.test:8443')
  })
})
