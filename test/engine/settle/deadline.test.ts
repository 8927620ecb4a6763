/** The deadline, during each step of a job. */
import { describe, expect, it } from 'vitest'
import { advance } from '../../../src/engine/advance.ts'
import { expectOneEnd } from '../../support/expect-one-end.ts'
import { type PausePoint, pauseStep } from '../../support/hold-step.ts'
import { interruptedJob, interruptionPoints } from '../../support/interruption-points.ts'
import { canceled } from '../../support/job-calls.ts'
import { billsFor, passTimeUntil, untilJournaled } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const seconds = 1_000

// A scene begins five minutes after its job was accepted: ten seconds before this deadline.
const deadline_seconds = 310
const endless = { deadline_seconds, prompt: 'A paper boat sim(webhook=lost, seconds=7200)' }

function untilSettled(id: string) {
  return passTimeUntil(id, ({ settled_at }) => settled_at !== null)
}

function isMade(id: string): boolean {
  return billsFor(id).some(({ endsAt }) => endsAt <= world.edges.now())
}

function isOfCopy(place: PausePoint | null): boolean {
  return (
    place !== null &&
    (('call' in place && place.call === '/media/') || ('commit' in place && place.commit >= 3))
  )
}

describe('a deadline that passes', () => {
  it.each(interruptionPoints)(
    '$name keeps a video that is finished by then, and waits for nothing else',
    async (scene) => {
      const { id, resume } = await interruptedJob(scene, { deadline_seconds })
      await world.advance(20 * seconds)
      const isInTime = isMade(id)
      await resume()
      const { status, fault } = await untilSettled(id)
      expect([status, fault?.code]).toEqual(
        isInTime ? ['succeeded', undefined] : ['failed', 'deadline_exceeded'],
      )
      await expectOneEnd(id, status)
      expect(billsFor(id).length).toBeLessThanOrEqual(scene.bills)
    },
  )

  it.each([
    ['before the task is written', 'before'],
    ['after the task is written', 'after'],
  ] as const)('%s, while the database stalls, buys nothing', async (_, when) => {
    const place = { commit: 2, when }
    const { id, resume } = await interruptedJob({ stage: 'queued', place }, { deadline_seconds })
    await world.advance(20 * seconds)
    await resume()
    const job = await untilSettled(id)
    expect(job).toMatchObject({ fault: { code: 'deadline_exceeded' }, tasks: [{ status: 'rejected' }] })
    expect(billsFor(id)).toHaveLength(0)
    await expectOneEnd(id, 'failed')
  })

  it.each(interruptionPoints.filter(({ stage, place }) => stage === 'finished' && !isOfCopy(place)))(
    '$name fails a job whose video is not finished',
    async (scene) => {
      const { id, resume } = await interruptedJob(scene, endless)
      await world.advance(20 * seconds)
      await resume()
      expect((await untilSettled(id)).fault?.code).toBe('deadline_exceeded')
      expect(billsFor(id)).toHaveLength(1)
      await expectOneEnd(id, 'failed')
    },
  )

  it('at the moment of a cancellation does not undo the cancellation', async () => {
    const { id } = await postWithoutWakeUp(endless)
    await advance(aContext(), id)
    await world.advance((deadline_seconds + 1) * seconds)
    // About to fail it.
    const { resume } = await pauseStep(id, { commit: 2, when: 'before' })
    await canceled(id)
    await resume()
    await expectOneEnd(id, 'canceled')
  })

  it.each([
    ['lost-after', 4, 'succeeded', 1],
    ['lost-after', 7_200, 'failed', 1],
    ['reset-before', 4, 'failed', 0],
  ])(
    'while the response to a submission is lost (%s, finished in %i s) leads to %s',
    async (submit, madeIn, status, bills) => {
      const prompt = `A paper boat sim(webhook=lost, submit=${submit}, seconds=${madeIn})`
      const { id, resume } = await interruptedJob(
        { stage: 'queued', place: { commit: 3, when: 'before' } },
        { deadline_seconds, prompt },
      )
      await world.advance(20 * seconds)
      await resume()
      expect((await untilSettled(id)).status).toBe(status)
      expect(billsFor(id)).toHaveLength(bills)
      await expectOneEnd(id, status as 'succeeded' | 'failed')
    },
  )

  it('while the provider cannot be polled accepts the video of its webhook', async () => {
    const prompt = 'A paper boat sim(poll=500, seconds=300)'
    const { id } = await postWithoutWakeUp({ deadline_seconds, prompt })
    await advance(aContext(), id)
    await world.advance(305 * seconds)
    await untilJournaled(id, 1)
    const job = await untilSettled(id)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ completed_via: 'webhook' }] })
    await expectOneEnd(id, 'succeeded')
  })

  it('while the video cannot be copied does not end the retries', async () => {
    const prompt = 'A paper boat sim(webhook=lost, body=bad-gateway*4)'
    const { id } = await interruptedJob({ stage: 'finished', place: null }, { deadline_seconds, prompt })
    expect((await untilSettled(id)).status).toBe('succeeded')
    await expectOneEnd(id, 'succeeded')
  })
})
