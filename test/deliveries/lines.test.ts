/** Who waits for a host stands in its line: nobody else waits for it, and nothing is written or sent meanwhile. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { attemptsAtOncePerHost, hostWaitsMs, leaseMs, outagesToOpen } from '../../src/core/schedule.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimDelivery } from '../../src/store/deliveries.ts'
import { owe, tellOfFailure, workOff } from '../support/deliveries.ts'
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

// Each test has a host of its own, and finds nothing that is owed to another.
let host = aHost()

beforeEach(async () => {
  await select('DELETE FROM deliveries')
  await select('DELETE FROM hosts')
  host = aHost()
})

/** So many of this delivery in all. */
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
  it('do not hold up the live ones between them, and are hardly tried', async () => {
    const dead = await owe(300, host.url)
    const live = await owe(20, `${callerUrl}/hook`)
    // Fifteen dead ones before each live one.
    await workOff(live.flatMap((id, n) => [...dead.slice(n * 15, n * 15 + 15), id]))
    expect(await countDeliveries(live, delivered)).toBe(20)
    expect(await attemptsAt(host)).toBeLessThanOrEqual(attemptsAtOncePerHost + outagesToOpen)
    // Those whom the first nine failures woke find the circuit open, and go back to the line.
    const most = 300 - attemptsAtOncePerHost - outagesToOpen
    await vi.waitUntil(async () => (await countDeliveries(dead, untried)) >= most, { timeout: 5_000 })
  })

  it('do not hold them up in the real queue, whose messages come one batch after the other, either', async () => {
    const dead = await owe(300, host.url)
    const live = await owe(20, `${callerUrl}/hook`)
    await aContext().nudges.deliveries(live.flatMap((id, n) => [...dead.slice(n * 15, n * 15 + 15), id]))
    await untilDelivered(live)
    expect(await attemptsAt(host)).toBeLessThanOrEqual(attemptsAtOncePerHost + outagesToOpen)
  })

  it('do not hold up the live ones though it hangs, either', async () => {
    const [hanging, over] = [aGate(), aGate()]
    host.answer(async () => {
      hanging.open()
      await over.wait
      throw new TypeError('reset')
    })
    const dead = await owe(300, host.url)
    const live = await owe(20, `${callerUrl}/hook`)
    const deadWork = workOff(dead)
    await hanging.wait
    await workOff(live)
    const deliveredMeanwhile = await countDeliveries(live, delivered)
    over.open()
    await deadWork
    expect(deliveredMeanwhile).toBe(20)
    // Whoever had a place before the tenth failure was known; each of their ends had woken one more.
    expect(host.called.calls).toBeLessThanOrEqual(attemptsAtOncePerHost + outagesToOpen)
    expect((await host.row())?.outages).toBe(outagesToOpen)
  })

  it('wait without a word: no sweep nudges them, and none is written again', async () => {
    await openCircuit(host)
    await workOff(await owe(300, host.url))
    const rows = () => select('SELECT * FROM deliveries WHERE host = ?', host.name)
    const [before, seen] = [await rows(), world.logs.length]
    await sweep()
    expect(await rows()).toEqual(before)
    expect(world.logs.slice(seen).map(({ event }) => event)).not.toContain('delivery.held')
    expect(host.called.calls).toBe(0)
  })
})

describe('five thousand overdue deliveries to a dead host', () => {
  it('go to the line all at once, unnudged, and the sweep brings those who are live behind them', async () => {
    await openCircuit(host)
    const [sample = ''] = await owe(1, host.url)
    await multiply(sample, 5_000)
    await world.advance(1)
    const live = await owe(20, `${callerUrl}/hook`)
    const seen = world.logs.length
    await sweep()
    await untilDelivered(live)
    expect(await countRows('deliveries', `host = ? AND ${untried}`, host.name)).toBe(5_000)
    expect(world.logs.slice(seen).map(({ event }) => event)).not.toContain('delivery.held')
    expect(host.called.calls).toBe(0)
  })
})

describe('a host that many share', () => {
  it('is tried by the newest: who stands in line for a dead path of it stands before nobody for ever', async () => {
    await openCircuit(host)
    const dead = await owe(50, `${host.url}/dead`)
    await workOff(dead)
    const live = await owe(1, `${host.url}/live`)
    await workOff(live)
    host.answer(({ url }) => (url.endsWith('/live') ? ok() : down()))
    await world.advance(hostWaitsMs[0])
    await sweep()
    await untilDelivered(live)
  })

  it('is tried by the oldest in turn with the newest: however many come, one of them gets through its schedule', async () => {
    await openCircuit(host)
    const [oldest = '', , newest = ''] = await owe(3, host.url)
    await sweep()
    const tried: string[] = []
    for (const waitMs of hostWaitsMs.slice(0, 4)) {
      // Halfway, who was tried stands in line again.
      for (const _ of [1, 2]) {
        await world.advance(waitMs / 2)
        await sweep()
      }
      await vi.waitUntil(async () => (await host.row())?.outages === outagesToOpen + tried.length + 1)
      tried.push(JSON.parse(host.called.received.at(-1)?.body ?? '').data.metadata.n)
    }
    expect(tried).toEqual(['2', '0', '2', '0'])
    expect(await countDeliveries([oldest, newest], 'attempts = 2')).toBe(2)
  })

  it('is not held up for as long as one of them asks for patience', async () => {
    host.answer(() => new Response('', { status: 503, headers: { 'retry-after': '86400' } }))
    const ids = await owe(outagesToOpen, host.url)
    await workOff(ids)
    expect((await host.row())?.due_at).toBe(world.edges.now() + (hostWaitsMs.at(-1) ?? 0))
    const [delivery] = await select<{ due_at: number }>('SELECT due_at FROM deliveries WHERE id = ?', ids[0])
    expect(delivery?.due_at).toBe(world.edges.now() + 86_400_000)
  })
})

describe('a place at a host', () => {
  it('is for twenty at once; the others wait in line and follow one by one', async () => {
    const [full, answered] = [aGate(), aGate()]
    let underWay = 0
    let most = 0
    host.answer(async () => {
      underWay += 1
      most = Math.max(most, underWay)
      if (underWay === attemptsAtOncePerHost) full.open()
      await answered.wait
      underWay -= 1
      return ok()
    })
    const ids = await owe(60, host.url)
    const work = workOff(ids)
    await full.wait
    await vi.waitUntil(async () => (await countDeliveries(ids, "reason = 'in_line'")) === 40)
    answered.open()
    await work
    await untilDelivered(ids)
    expect(most).toBe(attemptsAtOncePerHost)
    expect(host.called.calls).toBe(60)
    await vi.waitUntil(async () => (await host.row()) === undefined, { timeout: 5_000 })
  })

  it('is found for those whom a crash left in line: the sweep wakes them', async () => {
    host.answer(ok)
    const crashed = await owe(attemptsAtOncePerHost, host.url)
    const db = openDatabase(env.DB)
    for (const id of crashed) await claimDelivery(db, id, `a lease of the dead ${id}`, world.edges.now())
    const ids = await owe(5, host.url)
    await workOff(ids)
    expect(await countDeliveries(ids, "reason = 'in_line'")).toBe(5)
    await world.advance(leaseMs)
    await sweep()
    await untilDelivered([...crashed, ...ids])
  })

  it('is not taken by deliveries to another port or host', async () => {
    const id = await tellOfFailure({ callback_url: 'https://caller.test:8443/hook' })
    const [row] = await select<{ host: string }>('SELECT host FROM deliveries WHERE job_id = ?', id)
    expect(row?.host).toBe('caller.test:8443')
  })
})
