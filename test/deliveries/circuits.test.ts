/** A host that is down: its deliveries wait, one tries it now and then, and nobody else waits for it. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  attemptsAtOncePerHost,
  hostWaitsMs,
  leaseMs,
  outagesToOpen,
  streakForgottenMs,
} from '../../src/core/schedule.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimDelivery } from '../../src/store/deliveries.ts'
import { owe, tellOfFailure, workOff } from '../support/deliveries.ts'
import { aHost, countDeliveries, down, type Host, ok } from '../support/hosts.ts'
import { sweep } from '../support/reelhook.ts'
import { aGate } from '../support/runtime.ts'
import { countRows, select } from '../support/storage.ts'
import { callerUrl, world } from '../support/world.ts'

const minutes = 60_000

// Each test has a host of its own, and finds nothing that is owed to another.
let host = aHost()

beforeEach(async () => {
  await select('DELETE FROM deliveries')
  await select('DELETE FROM hosts')
  host = aHost()
})

const delivered = "status = 'delivered'"
const untried = "status = 'pending' AND attempts = 0 AND reason = 'in_line' AND due_at IS NULL"

function attemptsAt({ name }: Host): Promise<number> {
  return countRows('attempts', 'delivery_id IN (SELECT id FROM deliveries WHERE host = ?)', name)
}

/** The circuit of this test's host, opened by as many deliveries as that takes, which are gone then. */
async function openCircuit(): Promise<void> {
  host.answer(down)
  await workOff(await owe(outagesToOpen, host.url))
  expect(await host.row()).toMatchObject({ outages: outagesToOpen })
  await select('DELETE FROM deliveries')
  host.called.calls = 0
}

async function untilDelivered(ids: string[]): Promise<void> {
  await vi.waitUntil(async () => (await countDeliveries(ids, delivered)) === ids.length, { timeout: 10_000 })
}

describe('a host that takes what it is sent', () => {
  it('leaves no row, however much it is sent', async () => {
    host.answer(ok)
    const ids = await owe(30, host.url)
    await workOff(ids)
    await untilDelivered(ids)
    expect(await host.row()).toBeUndefined()
  })

  it('leaves none behind when it is well again after a failure', async () => {
    host.answer(down)
    await workOff(await owe(1, host.url))
    expect(await host.row()).toMatchObject({ failures: 1, outages: 1 })
    host.answer(ok)
    await workOff(await owe(1, host.url))
    expect(await host.row()).toBeUndefined()
  })
})

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
    await openCircuit()
    await workOff(await owe(300, host.url))
    const rows = () => select('SELECT * FROM deliveries WHERE host = ?', host.name)
    const [before, seen] = [await rows(), world.logs.length]
    await sweep()
    expect(await rows()).toEqual(before)
    expect(world.logs.slice(seen).map(({ event }) => event)).not.toContain('delivery.held')
    expect(host.called.calls).toBe(0)
  })

  it('go to the line all at once when they are found overdue, and are not nudged for it', async () => {
    await openCircuit()
    const ids = await owe(300, host.url)
    const seen = world.logs.length
    await sweep()
    expect(await countDeliveries(ids, untried)).toBe(300)
    expect(world.logs.slice(seen).map(({ event }) => event)).not.toContain('delivery.held')
  })
})

describe('an open circuit', () => {
  it('is tried by one delivery when it is due, longer and longer after each other', async () => {
    await openCircuit()
    await workOff(await owe(5, host.url))
    for (const [tries, waitMs] of hostWaitsMs.entries()) {
      await world.advance(waitMs - 1)
      await sweep()
      await workOff(await owe(1, host.url))
      expect(host.called.calls).toBe(tries)
      await world.advance(1)
      await sweep()
      await vi.waitUntil(async () => (await host.row())?.outages === outagesToOpen + tries + 1)
      expect(host.called.calls).toBe(tries + 1)
    }
    // Each try counted as an attempt of whoever made it, and of nobody else.
    expect(await attemptsAt(host)).toBe(hostWaitsMs.length)
  })

  it('closes at the first success, and its line is delivered', async () => {
    await openCircuit()
    const ids = await owe(100, host.url)
    await workOff(ids)
    host.answer(ok)
    await world.advance(1 * minutes)
    await sweep()
    await untilDelivered(ids)
    expect(await countDeliveries(ids, 'attempts = 1')).toBe(100)
    await vi.waitUntil(async () => (await host.row()) === undefined, { timeout: 5_000 })
  })

  it.each([404, 401, 302])('closes at an answer of %i, too: somebody is up there', async (status) => {
    await openCircuit()
    const ids = await owe(3, host.url)
    await workOff(ids)
    host.answer(() => new Response(null, { status }))
    await world.advance(1 * minutes)
    await sweep()
    await vi.waitUntil(async () => (await countDeliveries(ids, 'attempts = 1')) === 3, { timeout: 5_000 })
    expect(await host.row()).toMatchObject({ outages: 0 })
  })

  it('is tried by one at a time, though many come when it is due', async () => {
    await openCircuit()
    const [asked, answered] = [aGate(), aGate()]
    host.answer(async () => {
      asked.open()
      await answered.wait
      return ok()
    })
    const ids = await owe(50, host.url)
    await world.advance(1 * minutes)
    const work = workOff(ids)
    await asked.wait
    await vi.waitUntil(async () => (await countDeliveries(ids, untried)) === 49)
    expect(host.called.calls).toBe(1)
    answered.open()
    await work
    await untilDelivered(ids)
  })

  it('is tried by another, when the one who was to try it died', async () => {
    await openCircuit()
    await world.advance(1 * minutes)
    const [first = ''] = await owe(1, host.url)
    await claimDelivery(openDatabase(env.DB), first, 'a lease of the dead', world.edges.now())
    expect(await host.row()).toMatchObject({ probe: 'a lease of the dead' })
    host.answer(ok)
    const ids = await owe(1, host.url)
    await workOff(ids)
    expect(host.called.calls).toBe(0)
    await world.advance(leaseMs)
    await sweep()
    await untilDelivered([first, ...ids])
  })

  it('is tried by whoever comes, when nobody waited', async () => {
    await openCircuit()
    await world.advance(1 * minutes)
    await sweep()
    expect(await host.row()).toMatchObject({ due_at: null })
    host.answer(ok)
    const ids = await owe(1, host.url)
    await workOff(ids)
    expect(await countDeliveries(ids, delivered)).toBe(1)
  })

  it('waits for as long as the host asks with Retry-After', async () => {
    host.answer(() => new Response('', { status: 503, headers: { 'retry-after': '7200' } }))
    await workOff(await owe(outagesToOpen, host.url))
    expect((await host.row())?.due_at).toBe(world.edges.now() + 120 * minutes)
  })
})

describe('a circuit stays closed', () => {
  it('when the failures are days apart, and so is an open one forgotten', async () => {
    await openCircuit()
    await world.advance(streakForgottenMs)
    await workOff(await owe(1, host.url))
    expect(await host.row()).toMatchObject({ failures: 1, outages: 1, probe: null, due_at: null })
  })

  it('when failures are not in a row', async () => {
    for (const status of [500, 500, 500, 500, 500, 404, 500, 500, 500, 500, 500]) {
      host.answer(() => new Response('no', { status }))
      await workOff(await owe(1, host.url))
    }
    expect(await host.row()).toMatchObject({ failures: 11, outages: 5 })
  })

  it('when the host refuses what it is sent, however often: a deleted workflow is not a dead host', async () => {
    host.answer(() => new Response('no such webhook', { status: 404 }))
    await workOff(await owe(50, host.url))
    expect(await host.row()).toMatchObject({ outages: 0 })
    host.answer(ok)
    const ids = await owe(1, host.url.replace('hook', 'other-hook'))
    await workOff(ids)
    expect(await countDeliveries(ids, delivered)).toBe(1)
  })

  it('when it was not the host: a secret that cannot be opened', async () => {
    host.answer(ok)
    const ids = await owe(12, host.url)
    await select(
      "UPDATE jobs SET callback_secret = 'v1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' WHERE id = (SELECT job_id FROM deliveries WHERE id = ?)",
      ids[0],
    )
    await workOff(ids)
    expect(await countDeliveries(ids, 'attempts = 1')).toBe(12)
    expect(await host.row()).toBeUndefined()
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
