/** The message that settles a job attempts its deliveries at once. What it cannot attempt goes through the queue. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { NotSentError } from '../../src/connections.ts'
import { maxFreshAttempts, noConnectionWaitMs } from '../../src/core/schedule/deliveries.ts'
import { leaseMs } from '../../src/core/schedule/jobs.ts'
import { advance, advanceQueued } from '../../src/engine/advance.ts'
import { deliveriesOf, insertDeliveries, processDeliveries, untilDelivery } from '../support/deliveries.ts'
import { makeEndpoint } from '../support/endpoints.ts'
import { aHost, countDeliveries, delivered, down, ok } from '../support/hosts.ts'
import { recordingQueues } from '../support/queues.ts'
import { getJob, sweep } from '../support/reelhook.ts'
import { aContext, aGate, postWithoutWakeUp } from '../support/runtime.ts'
import { select, writeElsewhere } from '../support/storage.ts'
import { world } from '../support/world.ts'

beforeEach(async () => {
  for (const table of ['endpoints', 'deliveries', 'hosts']) await select(`DELETE FROM ${table}`)
})

/** A job whose video is made, before the step that finds it. */
async function aFinishedJob(callback_url?: string): Promise<string> {
  const prompt = 'A paper boat sim(webhook=lost)'
  const { id } = await postWithoutWakeUp({ prompt, ...(callback_url && { callback_url }) })
  await advanceQueued(aContext({}, recordingQueues().bindings), id)
  await world.advance(5 * 60_000)
  return id
}

/** The one step that settles the job, and the messages of the queue for deliveries that it sends. */
async function settle(id: string, freshAttempts?: ReturnType<typeof aContext>['freshAttempts']) {
  const { bindings, deliveries } = recordingQueues()
  const context = aContext({}, bindings)
  await advance({ ...context, ...(freshAttempts && { freshAttempts }) }, id)
  expect((await getJob(id)).status).toBe('succeeded')
  return deliveries
}

describe('the message that settles a job', () => {
  it('delivers its event, without a message for the delivery', async () => {
    const id = await aFinishedJob()
    expect(await settle(id)).toEqual([])
    expect(world.caller.receivedFor(id)).toHaveLength(1)
    expect(await deliveriesOf(id)).toMatchObject([
      { status: 'delivered', attempt_count: 1, attempts: [{ n: 1, status: 200 }] },
    ])
  })

  it('leaves the attempt to the queue if the lease might end during it', async () => {
    const id = await aFinishedJob()
    const afterSlowCommit: ReturnType<typeof aContext>['freshAttempts'] = {
      async hold(work) {
        await world.advance(leaseMs / 2)
        return work()
      },
    }
    expect(await settle(id, afterSlowCommit)).toHaveLength(1)
    expect(world.caller.receivedFor(id)).toEqual([])
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'pending', attempt_count: 0 }])
  })

  it('delivers it to the endpoints too, a few of them at once', async () => {
    let underWay = 0
    let most = 0
    const hosts = Array.from({ length: 4 }, () => aHost())
    for (const host of hosts) {
      host.answer(async () => {
        underWay += 1
        most = Math.max(most, underWay)
        await scheduler.wait(5)
        underWay -= 1
        return ok()
      })
      await makeEndpoint(host.url)
    }
    const id = await aFinishedJob()
    expect(await settle(id)).toEqual([])
    expect((await deliveriesOf(id)).map(({ status }) => status)).toEqual(Array(5).fill('delivered'))
    expect(most).toBe(maxFreshAttempts)
  })

  it('wakes the delivery for its second attempt, and the next job uses the queue: the lane has failed', async () => {
    const host = aHost()
    host.answer(down)
    const id = await aFinishedJob(host.url)
    const [message] = await settle(id)
    const [delivery] = await deliveriesOf(id)
    expect(message).toEqual({ delivery: delivery?.id })
    expect(delivery).toMatchObject({ status: 'pending', attempts: [{ n: 1, status: 500 }] })
    expect(Date.parse(delivery?.next_attempt_at ?? '')).toBe(world.edges.now() + 5_000)

    const other = await aFinishedJob(host.url)
    const [next] = await deliveriesOf(other)
    expect(next).toBeUndefined()
    expect(await settle(other)).toMatchObject([{ delivery: expect.any(String) }])
    expect(await deliveriesOf(other)).toMatchObject([{ status: 'pending', attempt_count: 0 }])
    expect(host.called.calls).toBe(1)
  })

  it('leaves the delivery to the queue if no connection is free: that is no attempt', async () => {
    const id = await aFinishedJob()
    const busy = { hold: () => Promise.reject(new NotSentError('busy')) }
    const [message] = await settle(id, busy)
    const [delivery] = await deliveriesOf(id)
    expect(message).toEqual({ delivery: delivery?.id })
    expect(delivery).toMatchObject({ status: 'pending', attempt_count: 0, attempts: [] })
    expect(Date.parse(delivery?.next_attempt_at ?? '')).toBe(world.edges.now() + noConnectionWaitMs)
  })

  it('attempts nothing for a job that fails before it is submitted: no submission waits for a receiver', async () => {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(submit=402)' })
    const { bindings, deliveries } = recordingQueues()
    await advanceQueued(aContext({}, bindings), id)
    expect(deliveries).toHaveLength(1)
    expect(world.caller.receivedFor(id)).toHaveLength(0)
  })
})

it('a delivery whose message died between the commit and the attempt is found by the sweep', async () => {
  const id = await aFinishedJob()
  const dead = { hold: () => Promise.reject(new Error('the isolate died')) }
  expect(await settle(id, dead)).toEqual([])
  await sweep()
  expect(world.caller.receivedFor(id)).toHaveLength(0)
  await world.advance(leaseMs)
  await sweep()
  await untilDelivery(id, ({ status }) => status === 'delivered')
  expect(world.caller.receivedFor(id)).toHaveLength(1)
})

it('a job that settles meanwhile does not wait for a receiver that hangs', async () => {
  const [called, answered] = [aGate(), aGate()]
  const slow = aHost()
  slow.answer(async () => {
    called.open()
    await answered.wait
    return ok()
  })
  const [hanging, other] = [await aFinishedJob(slow.url), await aFinishedJob()]
  const { bindings } = recordingQueues()
  const context = aContext({}, bindings)
  const work = advance(context, hanging)
  await called.wait
  await advance(context, other)
  expect(world.caller.receivedFor(other)).toHaveLength(1)
  answered.open()
  await work
  expect(await deliveriesOf(hanging)).toMatchObject([{ status: 'delivered' }])
})

describe('a change of an owner by another isolate', () => {
  it('that enables it is seen before its next delivery ends', async () => {
    const host = aHost()
    host.answer(ok)
    await select("INSERT INTO disabled_callbacks VALUES ('admin', ?, 1, 1)", host.name)
    const refused = await insertDeliveries(1, host.url)
    await processDeliveries(refused)
    expect(await countDeliveries(refused, "status = 'failed' AND reason = 'disabled'")).toBe(1)
    await writeElsewhere('DELETE FROM disabled_callbacks')
    const ids = await insertDeliveries(1, host.url)
    await processDeliveries(ids)
    await vi.waitUntil(async () => (await countDeliveries(ids, delivered)) === 1, 60_000)
  })
})
