/** A cancellation during each step of a job, and during another cancellation. */
import { describe, expect, it } from 'vitest'
import { everyProject } from '../../../src/core/access.ts'
import { advance } from '../../../src/engine/advance.ts'
import { cancel } from '../../../src/engine/settle/cancel.ts'
import { expectOneEnd } from '../../support/expect-one-end.ts'
import { pauseStep, pauseWork } from '../../support/hold-step.ts'
import { interruptedJob, interruptionPoints } from '../../support/interruption-points.ts'
import { canceled } from '../../support/job-calls.ts'
import { billsFor, getJob, rowsOf, untilNotified } from '../../support/reelhook.ts'
import { aContext } from '../../support/runtime.ts'

describe('a cancellation', () => {
  it.each(interruptionPoints)('$name ends the job, and the step commits nothing', async (scene) => {
    const { id, resume } = await interruptedJob(scene)
    await canceled(id)
    const [row] = await rowsOf(id)
    await resume()
    expect((await rowsOf(id))[0]).toEqual(row)
    await expectOneEnd(id, 'canceled')

    const bills = billsFor(id)
    expect(bills).toHaveLength(scene.bills)
    const job = await getJob(id)
    expect(job.cancellation?.may_still_be_billed).toBe(scene.bills === 1)
    // Whenever the response came, the task has the provider's id.
    expect(job.tasks.flatMap((task) => task.provider_task_id ?? [])).toEqual(
      bills.map(({ taskId }) => taskId),
    )
  })

  it.each(interruptionPoints)('$name is not undone by a step that dies there', async (scene) => {
    const { id } = await interruptedJob(scene)
    await canceled(id)
    await expectOneEnd(id, 'canceled')
  })

  it('is refused once the last step has committed', async () => {
    const { id, resume } = await interruptedJob({ stage: 'finished', place: { commit: 2, when: 'after' } })
    await expect(canceled(id)).rejects.toThrow('already_settled')
    await resume()
    await expectOneEnd(id, 'succeeded')
  })

  it('that is requested five times at once happens once', async () => {
    const { id } = await interruptedJob({ stage: 'finished', place: null })
    const views = await Promise.all(Array.from({ length: 5 }, () => canceled(id)))
    expect(new Set(views.map((view) => JSON.stringify(view))).size).toBe(1)
    await expectOneEnd(id, 'canceled')
  })

  it('during several wake-ups leaves the job with one end', async () => {
    const { id } = await interruptedJob({ stage: 'finished', place: null })
    const wakeUps = Array.from({ length: 4 }, () => advance(aContext(), id))
    const ends = await Promise.allSettled([canceled(id), ...wakeUps])
    expect(ends.slice(1).map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'))
    await expectOneEnd(id, (await getJob(id)).status)
  })
})

describe('a cancellation that has read the job and not committed', () => {
  async function halfCanceled(stageName: 'queued' | 'finished') {
    const { id } = await interruptedJob({ stage: stageName, place: null })
    const held = await pauseWork({ commit: 2, when: 'before' }, async (context) => {
      await cancel(context, id, everyProject)
    })
    return { id, ...held }
  }

  it('reads again when a step buys something meanwhile, and shows that it may be billed', async () => {
    const { id, resume } = await halfCanceled('queued')
    await advance(aContext(), id)
    await resume()
    const [notified] = await untilNotified(id)
    expect(JSON.parse(notified?.body ?? '').data).toMatchObject({
      status: 'canceled',
      tasks: [{ status: 'submitted' }],
      cancellation: { may_still_be_billed: true },
    })
    await expectOneEnd(id, 'canceled')
  })

  it('reads again when a step is about to buy something meanwhile', async () => {
    const { id, resume } = await halfCanceled('queued')
    const step = await pauseStep(id, { commit: 2, when: 'after' })
    await resume()
    expect((await getJob(id)).cancellation?.may_still_be_billed).toBe(true)
    await step.resume()
    const [notified] = await untilNotified(id)
    expect(JSON.parse(notified?.body ?? '').data.cancellation.may_still_be_billed).toBe(true)
    await expectOneEnd(id, 'canceled')
  })

  it('is refused when the last step commits meanwhile', async () => {
    const { id, resume } = await halfCanceled('finished')
    await advance(aContext(), id)
    await resume()
    expect((await getJob(id)).outputs).toMatchObject([{ status: 'stored' }])
    await expectOneEnd(id, 'succeeded')
  })

  it('returns the result of another cancellation that commits meanwhile', async () => {
    const { id, resume } = await halfCanceled('finished')
    const job = await canceled(id)
    await resume()
    expect(await getJob(id)).toEqual(job)
    await expectOneEnd(id, 'canceled')
  })
})
