/** A host that is down: its deliveries are parked, and one of them tries the host until it responds. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { failuresToOpenCircuit, hostWaitsMs, streakForgottenMs } from '../../src/core/schedule/deliveries.ts'
import { leaseMs } from '../../src/core/schedule/jobs.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimDelivery } from '../../src/store/deliveries/claim.ts'
import { insertDeliveries, processDeliveries } from '../support/deliveries.ts'
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
import { aGate } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import { world } from '../support/world.ts'

const minutes = 60_000

// Each test has its own host, and starts without deliveries to another.
let host = aHost()

beforeEach(async () => {
  await select('DELETE FROM deliveries')
  await select('DELETE FROM hosts')
  host = aHost()
})

describe('a host that accepts its deliveries', () => {
  it('has no row, however many deliveries it receives', async () => {
    host.answer(ok)
    const ids = await insertDeliveries(30, host.url)
    await processDeliveries(ids)
    await untilDelivered(ids)
    expect(await host.row()).toBeUndefined()
  })

  it('loses its row when it recovers from a failure', async () => {
    host.answer(down)
    await processDeliveries(await insertDeliveries(1, host.url))
    expect(await host.row()).toMatchObject({ failures: 1, consecutive_outages: 1 })
    host.answer(ok)
    await processDeliveries(await insertDeliveries(1, host.url))
    expect(await host.row()).toBeUndefined()
  })
})

describe('an open circuit', () => {
  it('is tried by one delivery each time it is due, after longer and longer waits', async () => {
    await openCircuit(host)
    await processDeliveries(await insertDeliveries(5, host.url))
    for (const [tries, waitMs] of hostWaitsMs.entries()) {
      await world.advance(waitMs - 1)
      await sweep()
      await processDeliveries(await insertDeliveries(1, host.url))
      expect(host.called.calls).toBe(tries)
      await world.advance(1)
      await sweep()
      await vi.waitUntil(
        async () => (await host.row())?.consecutive_outages === failuresToOpenCircuit + tries + 1,
        {
          timeout: 60_000,
        },
      )
      expect(host.called.calls).toBe(tries + 1)
    }
    // Each trial counts as an attempt of its own delivery only.
    expect(await attemptsAt(host)).toBe(hostWaitsMs.length)
  })

  it('closes at the first success, and its parked deliveries are made', async () => {
    await openCircuit(host)
    const ids = await insertDeliveries(100, host.url)
    await processDeliveries(ids)
    host.answer(ok)
    await world.advance(1 * minutes)
    await sweep()
    await untilDelivered(ids)
    expect(await countDeliveries(ids, 'attempts = 1')).toBe(100)
    await vi.waitUntil(async () => (await host.row()) === undefined, { timeout: 60_000 })
  })

  it.each([404, 401, 302])('closes at a response of %i, too: the host is up', async (status) => {
    await openCircuit(host)
    const ids = await insertDeliveries(3, host.url)
    await processDeliveries(ids)
    host.answer(() => new Response(null, { status }))
    await world.advance(1 * minutes)
    await sweep()
    await vi.waitUntil(async () => (await countDeliveries(ids, 'attempts = 1')) === 3, { timeout: 60_000 })
    expect(await host.row()).toMatchObject({ consecutive_outages: 0 })
  })

  it('is tried by one delivery at a time, though many come when it is due', async () => {
    await openCircuit(host)
    const [called, answered] = [aGate(), aGate()]
    host.answer(async () => {
      called.open()
      await answered.wait
      return ok()
    })
    const ids = await insertDeliveries(50, host.url)
    await world.advance(1 * minutes)
    const work = processDeliveries(ids)
    await called.wait
    await vi.waitUntil(async () => (await countDeliveries(ids, untried)) === 49, { timeout: 60_000 })
    expect(host.called.calls).toBe(1)
    answered.open()
    await work
    await untilDelivered(ids)
  })

  it('is tried by another delivery if the trial died', async () => {
    await openCircuit(host)
    await world.advance(1 * minutes)
    const [first = ''] = await insertDeliveries(1, host.url)
    await claimDelivery(openDatabase(env.DB), first, 'a lease of the dead', world.edges.now())
    expect(await host.row()).toMatchObject({ trial: 'a lease of the dead' })
    host.answer(ok)
    const ids = await insertDeliveries(1, host.url)
    await processDeliveries(ids)
    expect(host.called.calls).toBe(0)
    await world.advance(leaseMs)
    await sweep()
    await untilDelivered([first, ...ids])
  })

  it('is tried by the next delivery that comes if none was parked', async () => {
    await openCircuit(host)
    await world.advance(1 * minutes)
    await sweep()
    expect(await host.row()).toMatchObject({ due_at: null })
    host.answer(ok)
    const ids = await insertDeliveries(1, host.url)
    await processDeliveries(ids)
    expect(await countDeliveries(ids, delivered)).toBe(1)
  })

  it('stays open for as long as Retry-After asks, within limits', async () => {
    host.answer(() => new Response('', { status: 503, headers: { 'retry-after': '1800' } }))
    await processDeliveries(await insertDeliveries(failuresToOpenCircuit, host.url))
    expect((await host.row())?.due_at).toBe(world.edges.now() + 30 * minutes)
  })
})

describe('a circuit stays closed', () => {
  it('when the failures are days apart, and even an open one is forgotten then', async () => {
    await openCircuit(host)
    await world.advance(streakForgottenMs)
    await processDeliveries(await insertDeliveries(1, host.url))
    expect(await host.row()).toMatchObject({ failures: 1, consecutive_outages: 1, trial: null, due_at: null })
  })

  it('when failures are not in a row', async () => {
    for (const status of [500, 500, 500, 500, 500, 404, 500, 500, 500, 500, 500]) {
      host.answer(() => new Response('no', { status }))
      await processDeliveries(await insertDeliveries(1, host.url))
    }
    expect(await host.row()).toMatchObject({ failures: 11, consecutive_outages: 5 })
  })

  it('when the host refuses every delivery: a deleted workflow is not a dead host', async () => {
    host.answer(() => new Response('no such webhook', { status: 404 }))
    await processDeliveries(await insertDeliveries(50, host.url))
    expect(await host.row()).toMatchObject({ consecutive_outages: 0 })
    host.answer(ok)
    const ids = await insertDeliveries(1, host.url.replace('hook', 'other-hook'))
    await processDeliveries(ids)
    expect(await countDeliveries(ids, delivered)).toBe(1)
  })

  it('when the host was not called: a secret that cannot be decrypted', async () => {
    host.answer(ok)
    const ids = await insertDeliveries(12, host.url)
    await select(
      "UPDATE jobs SET callback_secret = 'v1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' WHERE id = (SELECT job_id FROM deliveries WHERE id = ?)",
      ids[0],
    )
    await processDeliveries(ids)
    expect(await countDeliveries(ids, 'attempts = 1')).toBe(12)
    expect(await host.row()).toBeUndefined()
  })
})
