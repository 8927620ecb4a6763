/** DELETE and retry, during each step of a job and of its delivery. */
import { describe, expect, it } from 'vitest'
import { deliver } from '../../../src/deliveries/deliver.ts'
import { advance } from '../../../src/engine/advance.ts'
import { deliveriesOf, untilDelivery } from '../../support/deliveries.ts'
import { expectOneEnd } from '../../support/expect-one-end.ts'
import { type PausePoint, pauseWork } from '../../support/hold-step.ts'
import { interruptedJob, interruptionPoints } from '../../support/interruption-points.ts'
import { cancel, canceled, erase, retried, retry } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { billsFor, passTimeUntil, rowsOf } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

describe.each(interruptionPoints)('$name', (scene) => {
  it('a job cannot be erased or retried, and continues', async () => {
    const { id, resume } = await interruptedJob(scene)
    const before = await rowsOf(id)
    await expectProblem(await erase(id), 409, 'not_settled')
    await expectProblem(await erase(id, '?force=true'), 409, 'not_settled')
    await expectProblem(await retry(id), 409, 'not_settled')
    expect(await rowsOf(id)).toEqual(before)
    await resume()
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    await expectOneEnd(id, 'succeeded')
  })

  it('a job that is canceled and erased leaves nothing, even if its step is still running', async () => {
    const { id, resume } = await interruptedJob(scene)
    await canceled(id)
    await untilDelivery(id, ({ status }) => status === 'delivered')
    expect((await erase(id)).status).toBe(204)
    await resume()
    expect(await leftOf(id)).toEqual(nothing)
    expect(billsFor(id)).toHaveLength(scene.bills)
    expect(world.caller.receivedFor(id)).toHaveLength(1)
  })

  it('a job that is canceled and retried becomes two jobs, each with one bill and one end', async () => {
    const { id, resume } = await interruptedJob(scene)
    await canceled(id)
    const { id: other } = await retried(id)
    await resume()
    await passTimeUntil(other, ({ status }) => status === 'succeeded')
    await expectOneEnd(other, 'succeeded')
    await expectOneEnd(id, 'canceled')
    expect([billsFor(id), billsFor(other)]).toMatchObject([Array(scene.bills).fill({}), [{}]])
  })
})

describe.each<{ name: string; place: PausePoint }>([
  { name: 'before the delivery is claimed', place: { commit: 1, when: 'before' } },
  { name: 'before the delivery is sent', place: { call: '/hook', when: 'before' } },
  { name: 'after the delivery', place: { call: '/hook', when: 'after' } },
  // The second reads the owner.
  { name: 'before the attempt is stored', place: { commit: 3, when: 'before' } },
])('$name', ({ place }) => {
  async function heldDelivery() {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(submit=402)' })
    await advance(aContext({}, { DELIVERIES: deadQueue }), id)
    const [delivery] = await deliveriesOf(id)
    if (delivery === undefined) throw new Error('there is no delivery')
    const held = await pauseWork(place, (context) => deliver(context, delivery.id))
    return { id, ...held }
  }

  it('a job is not erased, and its caller is notified', async () => {
    const { id, resume } = await heldDelivery()
    await expectProblem(await erase(id), 409, 'undelivered')
    await resume()
    await expectOneEnd(id, 'failed')
    expect((await erase(id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('a job that is erased with force leaves nothing, and its queue message is acknowledged', async () => {
    const { id, resume } = await heldDelivery()
    expect((await erase(id, '?force=true')).status).toBe(204)
    await resume()
    expect(await leftOf(id)).toEqual(nothing)
    expect(world.caller.receivedFor(id).length).toBeLessThanOrEqual(1)
  })

  it('a job cannot be canceled any more, and its retry has a separate event', async () => {
    const { id, resume } = await heldDelivery()
    await expectProblem(await cancel(id), 409, 'already_settled')
    const { id: other } = await retried(id)
    await resume()
    await passTimeUntil(other, ({ status }) => status === 'failed')
    await expectOneEnd(id, 'failed')
    await expectOneEnd(other, 'failed')
  })
})
