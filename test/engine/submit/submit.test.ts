import { describe, expect, it } from 'vitest'
import {
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  sweep,
  timelineOf,
  untilJob,
  untilNotified,
  untilStatus,
} from '../../support/reelhook.ts'
import { postWithoutWakeUp } from '../../support/runtime.ts'
import { crunSubmissions, world } from '../../support/world.ts'

const seconds = 1_000
const minutes = 60 * seconds

describe('a final refusal', () => {
  it.each([
    ['runware', '402', 'out_of_credit'],
    ['runware', '403', 'auth'],
    ['crun', '402', 'out_of_credit'],
    ['crun', '403', 'auth'],
    ['crun', '505', 'not_entitled'],
  ])('(%s %s) fails the job with %s, and notifies the caller', async (provider, refusal, code) => {
    const { id } = await postJob({ provider, prompt: `A paper boat sim(submit=${refusal})` })
    const job = await untilStatus(id, 'failed')
    expect(job.fault?.code).toBe(code)
    const logged = world.logs.filter(({ fields }) => fields.job_id === id).map(({ event }) => event)
    expect(logged).toContain('task.refused')
    expect(logged).not.toContain('task.submitted')
    expect(billsFor(id)).toHaveLength(0)
    const [notified] = await untilNotified(id)
    expect(JSON.parse(notified?.body ?? '')).toMatchObject({ type: 'job.failed', data: { fault: { code } } })
  })

  it('leads to the next provider that the caller allowed', async () => {
    world.respondNext(crunSubmissions, () => Response.json({ code: 402, message: 'no credits' }))
    const { id } = await postJob({ provider: ['crun', 'runware'] })
    const job = await untilJob(id, ({ status }) => status === 'generating')
    expect(job.provider).toBe('runware')
    expect(await timelineOf(id)).toEqual(['job.accepted', 'task.rejected', 'task.submitted'])
    expect(billsFor(id).map(({ provider }) => provider)).toEqual(['runware'])
    await world.advance(10 * seconds)
    await untilStatus(id, 'succeeded')
  })
})

describe('a temporary refusal', () => {
  it('leads to the next provider after several attempts', async () => {
    const busy = () => Response.json({ code: 429, message: 'busy' })
    for (let refusals = 0; refusals < 3; refusals += 1) world.respondNext(crunSubmissions, busy)
    const { id } = await postJob({ provider: ['crun', 'runware'] })
    const job = await passTimeUntil(id, ({ status }) => status !== 'queued')
    expect(job.tasks.map(({ provider, status }) => [provider, status])).toMatchObject([
      ['crun', 'rejected'],
      ['runware', expect.stringMatching(/submitted|succeeded/)],
    ])
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
  })

  it.each([
    ['runware', '429'],
    ['crun', '429'],
    ['crun', '455'],
  ])('(%s %s) is retried until the provider accepts', async (provider, refusal) => {
    const { id } = await postJob({ provider, prompt: `A paper boat sim(submit=${refusal}*2)` })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'deferred')
    expect(billsFor(id)).toHaveLength(0)
    await passTimeUntil(id, ({ status }) => status !== 'queued')
    await world.advance(10 * seconds)
    await untilStatus(id, 'succeeded')
    expect((await timelineOf(id)).filter((type) => type === 'task.deferred')).toHaveLength(1)
    expect(billsFor(id)).toHaveLength(1)
  })

  it('fails the job if no provider accepts it before the deadline', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(submit=429)', deadline_seconds: 60 })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'deferred')
    await world.advance(2 * minutes)
    await sweep()
    const job = await untilStatus(id, 'failed')
    expect(job.fault?.code).toBe('rate_limited')
    expect(job.tasks[0]?.status).toBe('rejected')
    await untilNotified(id)
    expect(billsFor(id)).toHaveLength(0)
  })
})

it('the sweep finds a job whose wake-up was lost', async () => {
  const { id } = await postWithoutWakeUp()
  expect((await getJob(id)).status).toBe('queued')
  await sweep()
  await untilStatus(id, 'generating')
  await world.advance(10 * seconds)
  await untilStatus(id, 'succeeded')
  await untilNotified(id)
})
