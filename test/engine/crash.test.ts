/** A step that crashes, and how its job continues. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { advance } from '../../src/engine/advance.ts'
import { recordDeadLetter } from '../../src/engine/upkeep/dead-letter.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimJob } from '../../src/store/jobs/claim.ts'
import { pauseStep } from '../support/hold-step.ts'
import { emulateDatabase } from '../support/platform/database.ts'
import {
  billsFor,
  getJob,
  passTimeUntil,
  rowsOf,
  sweep,
  timelineOf,
  untilJob,
  untilNotified,
  untilStatus,
} from '../support/reelhook.ts'
import { aContext, aGate, postWithoutWakeUp } from '../support/runtime.ts'
import { world } from '../support/world.ts'

const minutes = 60_000

describe('a crash', () => {
  it.each([
    ['runware', 'before'],
    ['runware', 'after'],
    ['crun', 'after'],
  ] as const)('while submitting to %s, %s the call, causes no second bill', async (provider, when) => {
    const { id } = await postWithoutWakeUp({ provider })
    await pauseStep(id, { call: provider === 'runware' ? '/runware/v1' : '/CreateTask', when })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
    expect(await untilNotified(id)).toHaveLength(1)
  })

  it('while copying the video lets another step copy it again', async () => {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await world.advance(5 * minutes)
    await pauseStep(id, { call: '/media/', when: 'after' })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(await untilNotified(id)).toHaveLength(1)
  })
})

describe('a step that outlived its lease', () => {
  it('commits nothing', async () => {
    const { id } = await postWithoutWakeUp()
    const late = await pauseStep(id, { call: '/runware/v1', when: 'after' })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    await untilNotified(id)
    const before = await rowsOf(id)
    await late.resume()
    expect(await rowsOf(id)).toEqual(before)
    expect(billsFor(id)).toHaveLength(1)
  })

  it('does not change the tasks of a job that another step holds', async () => {
    const { id } = await postWithoutWakeUp()
    const late = await pauseStep(id, { call: '/runware/v1', when: 'after' })
    await world.advance(2 * minutes)
    await claimJob(openDatabase(env.DB), id, 'the step that has it now', world.edges.now())
    const before = await rowsOf(id)
    await late.resume()
    expect(await rowsOf(id)).toEqual(before)
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })
})

it('a slow copy whose lease expired commits nothing', async () => {
  const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost, megabytes=2)' })
  await advance(aContext(), id)
  await world.advance(5 * minutes)
  const gate = aGate()
  const reached = aGate()
  const fetch = async (request: Request): Promise<Response> => {
    const response = await world.edges.fetch(request)
    if (!request.url.includes('/media/')) return response
    const slow = new TransformStream<Uint8Array, Uint8Array>({
      async transform(chunk, controller) {
        reached.open()
        await gate.wait
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body?.pipeThrough(slow).pipeThrough(new IdentityTransformStream()), response)
  }
  const late = advance(aContext({ fetch }), id)
  await reached.wait
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
  await untilNotified(id)
  const before = await rowsOf(id)
  gate.open()
  await late
  expect(await rowsOf(id)).toEqual(before)
})

it('two wake-ups at once run one step', async () => {
  const { id } = await postWithoutWakeUp()
  await Promise.all([advance(aContext(), id), advance(aContext(), id), sweep()])
  await untilJob(id, ({ status }) => status === 'generating')
  expect(billsFor(id)).toHaveLength(1)
  expect((await timelineOf(id)).filter((type) => type === 'task.submitted')).toHaveLength(1)
})

it('a webhook during a step makes the job due at once', async () => {
  const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=early)' })
  const late = await pauseStep(id, { call: '/runware/v1', when: 'after' })
  expect((await getJob(id)).status).toBe('queued')
  await late.resume()
  const job = await untilStatus(id, 'succeeded')
  expect(job.tasks[0]?.completed_via).toBe('webhook')
})

it('a step that throws leaves the job due', async () => {
  const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })
  await advance(aContext(), id)
  await world.advance(5 * minutes)
  const broken = new Proxy(env.BUCKET, {
    get: () => () => Promise.reject(new Error('R2 is down')),
  })
  await advance(aContext({}, { BUCKET: broken }), id)
  expect((await getJob(id)).status).toBe('storing')
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
})

describe('a wake-up whose retries all failed', () => {
  it('is shown on the timeline, and the sweep continues the job', async () => {
    const { id } = await postWithoutWakeUp()
    await recordDeadLetter(aContext(), { job: id })
    expect(await timelineOf(id)).toEqual(['job.accepted', 'message.dead_lettered'])
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })

  it('that would ask a provider to cancel is on the timeline too', async () => {
    const { id } = await postWithoutWakeUp()
    await recordDeadLetter(aContext(), { cancel: { jobId: id, attempt: 0 } })
    expect(await timelineOf(id)).toEqual(['job.accepted', 'message.dead_lettered'])
  })

  it('is on the timeline once, also if it could not be counted', async () => {
    const { id } = await postWithoutWakeUp()
    const { binding, loseAnswers } = emulateDatabase(env.DB)
    loseAnswers((sql) => sql.some((statement) => /counters/.test(statement)))
    await recordDeadLetter(aContext({}, { DB: binding }), { job: id })
    expect(await timelineOf(id)).toEqual(['job.accepted', 'message.dead_lettered'])
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })

  it('journals the webhook that it carried', async () => {
    const { id } = await postWithoutWakeUp()
    const webhook = {
      jobId: id,
      provider: 'runware' as const,
      hash: 'h',
      body: '{}',
      receivedAt: world.edges.now(),
    }
    await recordDeadLetter(aContext(), { webhook })
    const journaled = await env.DB.prepare('SELECT body FROM webhooks WHERE job_id = ?').bind(id).all()
    expect(journaled.results).toEqual([{ body: '{}' }])
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })
})
