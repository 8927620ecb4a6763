import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { leaseMs } from '../../src/core/schedule/jobs.ts'
import { deliver } from '../../src/deliveries/deliver.ts'
import { advance } from '../../src/engine/advance.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimDelivery } from '../../src/store/deliveries/claim.ts'
import {
  deliveriesOf,
  notifyOfFailure,
  notifyOnce,
  untilDelivery,
  wakeDelivery,
} from '../support/deliveries.ts'
import { sweep, timelineOf } from '../support/reelhook.ts'
import { aContext, aGate, deadQueue, postWithoutWakeUp } from '../support/runtime.ts'
import { world } from '../support/world.ts'

/** A delivery that failed once and is due again now. */
async function aDueDelivery(): Promise<{ id: string; jobId: string }> {
  const { id, job_id } = await notifyOnce(() => new Response('no', { status: 500 }))
  await world.advance(5_000)
  return { id, jobId: job_id }
}

describe('one attempt is made', () => {
  it('though many wake-ups for the delivery race', async () => {
    const { id, jobId } = await aDueDelivery()
    await wakeDelivery(id, 8)
    const delivery = await untilDelivery(jobId, ({ status }) => status === 'delivered')
    expect(delivery.attempts).toHaveLength(2)
    expect(world.caller.receivedFor(jobId)).toHaveLength(2)
  })

  it('though more wake-ups come after the delivery has ended', async () => {
    const { id, job_id } = await notifyOnce(() => new Response('taken'))
    await wakeDelivery(id, 3)
    await world.advance(24 * 60 * 60 * 1_000)
    await wakeDelivery(id, 3)
    expect(world.caller.receivedFor(job_id)).toHaveLength(1)
    expect((await deliveriesOf(job_id))[0]?.attempts).toHaveLength(1)
  })

  it('not before the delivery is due, though a wake-up comes early', async () => {
    const { id, job_id } = await notifyOnce(() => new Response('no', { status: 500 }))
    await world.advance(4_999)
    await wakeDelivery(id, 3)
    expect(world.caller.receivedFor(job_id)).toHaveLength(1)
  })
})

describe('an attempt is still made', () => {
  it('when the wake-up was lost: the sweep finds the delivery', async () => {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(submit=402)' })
    await advance(aContext({}, { DELIVERIES: deadQueue }), id)
    expect(world.caller.receivedFor(id)).toHaveLength(0)
    await sweep()
    await untilDelivery(id, ({ status }) => status === 'delivered')
  })

  it('when the attempt before it died: its lease expires', async () => {
    const { id, jobId } = await aDueDelivery()
    await claimDelivery(openDatabase(env.DB), id, 'a lease of the dead', world.edges.now())
    await wakeDelivery(id)
    expect(world.caller.receivedFor(jobId)).toHaveLength(1)
    await world.advance(leaseMs)
    await sweep()
    const delivery = await untilDelivery(jobId, ({ status }) => status === 'delivered')
    expect(delivery.attempts).toHaveLength(2)
  })
})

describe('an attempt that outlived its lease', () => {
  it('commits nothing: the attempt that followed records its result', async () => {
    const { id, jobId } = await aDueDelivery()
    const [sent, answered] = [aGate(), aGate()]
    const slow = deliver(
      aContext({
        fetch: async () => {
          sent.open()
          await answered.wait
          return new Response('too late', { status: 410 })
        },
      }),
      id,
    )
    await sent.wait
    await world.advance(leaseMs)
    await wakeDelivery(id)
    answered.open()
    await slow

    const [delivery] = await deliveriesOf(jobId)
    expect(delivery).toMatchObject({
      status: 'delivered',
      attempts: [
        { n: 1, status: 500 },
        { n: 2, status: 200 },
      ],
    })
    expect(await timelineOf(jobId)).not.toContain('delivery.failed')
  })

  it('acknowledges its queue message: that is no failure of the queue', async () => {
    const { id } = await aDueDelivery()
    const losing = aContext({
      fetch: async () => {
        await world.advance(leaseMs)
        await wakeDelivery(id)
        return new Response('no', { status: 500 })
      },
    })
    await expect(deliver(losing, id)).resolves.toBeUndefined()
  })
})

describe('a hostile wake-up', () => {
  it('for a delivery that does not exist does nothing', async () => {
    await wakeDelivery('dlv_00000000000000000000000000')
    await wakeDelivery("' OR 1=1 --")
    const id = await notifyOfFailure()
    await untilDelivery(id, ({ status }) => status === 'delivered')
    expect(world.caller.receivedFor(id)).toHaveLength(1)
  })
})
