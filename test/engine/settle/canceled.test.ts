/** After a cancellation: the possible bills, the videos, and late webhooks. */
import { describe, expect, it } from 'vitest'
import { advance } from '../../../src/engine/advance.ts'
import { expectOneEnd } from '../../support/expect-one-end.ts'
import { pauseStep } from '../../support/hold-step.ts'
import { interruptedJob } from '../../support/interruption-points.ts'
import { canceled } from '../../support/job-calls.ts'
import {
  billsFor,
  getJob,
  postJob,
  rowsOf,
  timelineOf,
  untilJob,
  untilLateWebhooks,
  untilNotified,
  untilStatus,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../../support/runtime.ts'
import { objectKeys } from '../../support/storage.ts'
import { simulatorUrl, world } from '../../support/world.ts'

/** The beginning of a PNG, and no more of it. */
function aPicture(): Response {
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])
  return new Response(png, { headers: { 'content-type': 'image/png', 'content-length': `${png.length}` } })
}

const seconds = 1_000
const minutes = 60 * seconds

describe('the tasks of a canceled job', () => {
  it('record a refusal that came after the cancellation: nothing was bought', async () => {
    world.respondNext(`${simulatorUrl}/runware`, () => Response.json({ errors: [] }, { status: 429 }))
    const { id, resume } = await interruptedJob({ stage: 'queued', place: { commit: 3, when: 'before' } })
    expect((await canceled(id)).cancellation?.may_still_be_billed).toBe(true)
    await resume()
    expect(await getJob(id)).toMatchObject({
      status: 'canceled',
      tasks: [{ status: 'rejected', fault: { code: 'rate_limited' } }],
      cancellation: { may_still_be_billed: false, message: 'Nothing was bought.' },
    })
    await expectOneEnd(id, 'canceled')
  })

  it('record the end and the cost that the provider reported', async () => {
    const { id, resume } = await interruptedJob({ stage: 'finished', place: { commit: 2, when: 'before' } })
    expect((await canceled(id)).cost).toBeNull()
    await resume()
    expect(await getJob(id)).toMatchObject({
      status: 'canceled',
      cost: { amount_usd: expect.any(Number), source: 'provider' },
      tasks: [{ status: 'succeeded' }],
      outputs: [],
      cancellation: { may_still_be_billed: true, message: 'runware has made it and bills it.' },
    })
  })

  it.each(['deferred', 'unknown'] as const)('show what may be billed for a task that was %s', async (was) => {
    const submit = was === 'deferred' ? '429' : 'lost-after'
    const { id } = await postJob({ provider: 'crun', prompt: `A paper boat sim(submit=${submit})` })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === was)
    const job = await canceled(id)
    expect(job.cancellation?.may_still_be_billed).toBe(was === 'unknown')
    expect(job.tasks).toMatchObject([
      {
        status: was === 'unknown' ? 'unknown' : 'rejected',
        ended_at: expect.any(String),
        fault: { code: 'canceled' },
      },
    ])
    await expectOneEnd(id, 'canceled')
  })

  it('record nothing from a step that had lost its lease before the cancellation', async () => {
    const place = { call: '/v1', when: 'after' } as const
    const { id, resume } = await interruptedJob(
      { stage: 'queued', place },
      { prompt: 'A boat sim(seconds=7200)' },
    )
    await world.advance(2 * minutes)
    await advance(aContext(), id)
    await canceled(id)
    const before = await rowsOf(id)
    await resume()
    expect(await rowsOf(id)).toEqual(before)
    await expectOneEnd(id, 'canceled')
  })

  it('record an acceptance after a refusal, because two steps may send the same submission', async () => {
    const { id, resume } = await interruptedJob(
      { stage: 'queued', place: { call: '/v1', when: 'before' } },
      { prompt: 'A paper boat sim(webhook=lost, submit=429*1)' },
    )
    await world.advance(2 * minutes)
    await advance(aContext(), id)
    // The first step may have bought it: the refusal answers the second step's call only.
    expect((await canceled(id)).cancellation?.may_still_be_billed).toBe(true)
    await resume()
    expect(await getJob(id)).toMatchObject({
      tasks: [{ status: 'submitted', provider_task_id: expect.any(String) }],
      cancellation: { may_still_be_billed: true },
    })
    expect(billsFor(id)).toHaveLength(1)
  })

  it('show that nothing was bought while inputs were handed over', async () => {
    const urls = ['https://media.test/one.png', 'https://media.test/two.png']
    for (const url of urls) world.respondNext(url, aPicture)
    const prompt = `Boats ${crypto.randomUUID()}`
    const { id } = await postWithoutWakeUp({ provider: 'scenario', prompt, reference_images: urls })
    const { resume } = await pauseStep(id, { call: '/two.png', when: 'after' })
    expect(await canceled(id)).toMatchObject({
      tasks: [{ status: 'rejected', fault: { code: 'canceled' } }],
      cancellation: { may_still_be_billed: false },
    })
    await resume()
    expect(world.simulator.tasks().filter((task) => JSON.stringify(task.request).includes(prompt))).toEqual(
      [],
    )
    await expectOneEnd(id, 'canceled')
  })

  it('do not grow: a job of several tasks buys nothing more', async () => {
    const { id } = await postWithoutWakeUp({
      provider: 'crun',
      count: 3,
      prompt: 'A paper boat sim(webhook=lost)',
    })
    const { resume } = await pauseStep(id, { commit: 5, when: 'before' })
    expect((await canceled(id)).tasks.map(({ status }) => status)).toEqual(['submitted', 'intended'])
    await resume()
    expect((await getJob(id)).tasks.map(({ status }) => status)).toEqual(['submitted', 'submitted'])
    expect(billsFor(id)).toHaveLength(2)
  })
})

describe('the videos of a canceled job', () => {
  it('are not stored if the copy was still running', async () => {
    const { id, resume } = await interruptedJob({
      stage: 'finished',
      place: { call: '/media/', when: 'during' },
    })
    await canceled(id)
    // A running copy would have renewed its lease by now.
    await world.advance(25 * seconds)
    await resume()
    expect(
      world.logs.filter(({ event, fields }) => event === 'output.stored' && fields.job_id === id),
    ).toEqual([])
    await expectOneEnd(id, 'canceled')
  })

  it('are kept if they were stored, and otherwise failed with code canceled', async () => {
    const { id } = await postWithoutWakeUp({ count: 2, prompt: 'A paper boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await world.advance(5 * minutes)
    // The first message copies one video, the second one the other.
    await advance(aContext({}, { RESULTS: deadQueue }), id)
    const { resume } = await pauseStep(id, { commit: 2, when: 'before' })
    expect((await canceled(id)).outputs).toMatchObject([
      { n: 0, status: 'stored', url: expect.any(String) },
      { n: 1, status: 'failed', url: null, fault: { code: 'canceled' } },
    ])
    await resume()
    expect(await objectKeys(`jobs/${id}/`)).toEqual([`jobs/${id}/0.mp4`])
    await expectOneEnd(id, 'canceled')
  })
})

describe('a webhook of a canceled job', () => {
  it.each(['runware', 'crun'])('from %s is counted, and changes nothing', async (provider) => {
    const { id } = await postJob({ provider })
    await untilSubmitted(id)
    await canceled(id)
    await untilNotified(id)
    const before = await rowsOf(id)
    await world.advance(10 * seconds)
    await untilLateWebhooks(id, 1)
    expect(await rowsOf(id)).toEqual(before)
    await expectOneEnd(id, 'canceled')
  })
})

it('a cancellation sends an event that says what may be billed', async () => {
  const { id } = await postJob()
  await untilStatus(id, 'generating')
  const { cancellation } = await canceled(id)
  const [notified] = await untilNotified(id)
  expect(JSON.parse(notified?.body ?? '')).toMatchObject({
    type: 'job.canceled',
    data: { id, status: 'canceled', fault: null, cancellation },
  })
  expect(await timelineOf(id)).toEqual(['job.accepted', 'task.submitted', 'job.canceled'])
})
