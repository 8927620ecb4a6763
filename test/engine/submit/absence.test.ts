/** A submission whose response was lost, at a provider whose list proves that it never arrived. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
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
import { simulatorUrl, world } from '../../support/world.ts'

const seconds = 1_000
const minutes = 60 * seconds
const tasksUrl = `${simulatorUrl}/byteplus/api/v3/contents/generations/tasks`
let olderId = ''
const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

/** A list without an older task of ours proves nothing, so there is one. */
async function postUnknown(submit: string, overrides: Record<string, unknown> = {}) {
  const older = await untilStatus((await postJob({ provider: 'byteplus' })).id, 'generating')
  olderId = older.tasks[0]?.provider_task_id ?? ''
  await world.advance(1 * seconds)
  const { id } = await postJob({
    provider: 'byteplus',
    prompt: `A paper boat sim(submit=${submit})`,
    ...overrides,
  })
  await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
  return id
}

/** Lets time pass in steps, as the sweep does. */
async function pass(ms: number) {
  for (let passed = 0; passed < ms; passed += 30 * seconds) {
    await world.advance(30 * seconds)
    await sweep()
  }
}

const billedFor = (id: string) => billsFor(id).length

describe('a lost response of BytePlus', () => {
  it.each(['500-after', 'lost-after', '504-after', 'garbage-after'])(
    'is resolved by the webhook about the queued task, within seconds: %s',
    async (submit) => {
      const id = await postUnknown(submit)
      await world.advance(10)
      const job = await untilStatus(id, 'generating')
      expect(job.tasks[0]?.provider_task_id).toBe(billsFor(id)[0]?.taskId)
      await passTimeUntil(id, isSettled)
      expect(await getJob(id)).toMatchObject({ status: 'succeeded' })
      expect(billedFor(id)).toBe(1)
      await untilNotified(id)
    },
  )

  it('is resolved by the list if every webhook is lost', async () => {
    const id = await postUnknown('lost-after, webhook=lost')
    await pass(30 * seconds)
    await passTimeUntil(id, isSettled)
    expect(await getJob(id)).toMatchObject({ status: 'succeeded' })
    expect(billedFor(id)).toBe(1)
  })

  it('is resolved by a list that lags for minutes', async () => {
    const id = await postUnknown('lost-after*1, webhook=lost, list=lagging')
    await passTimeUntil(id, isSettled)
    expect(await getJob(id)).toMatchObject({ status: 'succeeded' })
    expect(billedFor(id)).toBe(1)
  })

  it('resolves each of several tasks of one job by its own webhook', async () => {
    const id = await postUnknown('lost-after*1', { count: 3 })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded' })
    expect(new Set(job.tasks.map((task) => task.provider_task_id)).size).toBe(3)
    expect(billedFor(id)).toBe(3)
  })
})

describe('a submission that never arrived at BytePlus', () => {
  it.each(['500-before*1', 'reset-before*1'])(
    'is submitted again once the list proves it, and not before: %s',
    async (submit) => {
      const id = await postUnknown(submit)
      await pass(3.5 * minutes)
      expect((await getJob(id)).tasks).toMatchObject([{ status: 'unknown' }])
      expect(billedFor(id)).toBe(0)
      await pass(1 * minutes)
      const job = await passTimeUntil(id, isSettled)
      expect(job).toMatchObject({ status: 'succeeded' })
      expect(job.tasks).toHaveLength(1)
      expect(billedFor(id)).toBe(1)
      expect(await timelineOf(id)).toEqual(
        expect.arrayContaining(['task.unknown', 'task.deferred', 'task.submitted']),
      )
      await untilNotified(id)
    },
  )

  it('goes to the next provider after several such calls', async () => {
    const prompt = 'A paper boat sim(at=byteplus, submit=reset-before)'
    const id = await postUnknown('reset-before', { provider: ['byteplus', 'runware'], prompt })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', provider: 'runware' })
    expect(job.tasks.map(({ status }) => status)).toEqual(['rejected', 'succeeded'])
    expect(billsFor(id).map(({ provider }) => provider)).toEqual(['runware'])
  })

  it('costs nothing if no provider is left', async () => {
    const id = await postUnknown('reset-before')
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'unavailable' }, cost: { amount_usd: 0 } })
    expect(billedFor(id)).toBe(0)
  })
})

describe('a list that proves nothing', () => {
  type Answer = (request: Request) => Response | Promise<Response>
  let answer: Answer = (request) => world.simulator.fetch(request)

  /** Replaces the simulator's answers to requests for the list. */
  function answerLists(by: Answer) {
    answer = by
  }

  beforeAll(() => {
    const next = () =>
      world.respondNext(`${tasksUrl}?`, (request) => {
        next()
        return answer(request)
      })
    next()
  })

  afterEach(() => answerLists((request) => world.simulator.fetch(request)))

  const now = () => Math.floor(world.edges.now() / seconds)
  const ours = () => ({
    id: olderId,
    status: 'running',
    created_at: now() - 3_600,
    execution_expires_after: 7_204,
  })
  const aTask = (overrides: Record<string, unknown> = {}) => ({
    id: 'cgt-foreign',
    status: 'running',
    created_at: now(),
    execution_expires_after: 7_200,
    ...overrides,
  })

  it.each([
    ['is empty', () => Response.json({ items: [], total: 0 })],
    ['is that of another account', () => Response.json({ items: [aTask()], total: 1 })],
    [
      'is refused as too frequent',
      () => Response.json({ error: { code: 'RateLimitExceeded' } }, { status: 429 }),
    ],
    ['is never read', () => new Response('', { status: 502 })],
    ['has more pages', () => Response.json({ items: [aTask(), ours()], total: 900 })],
    [
      'shows a task without a fingerprint',
      () => Response.json({ items: [aTask({ execution_expires_after: 172_800 }), ours()], total: 2 }),
    ],
  ])('leaves the submission unknown: it %s', async (_, answer) => {
    answerLists(answer)
    const id = await postUnknown('reset-before', { provider: ['byteplus', 'runware'] })
    await pass(8 * minutes)
    expect(await getJob(id)).toMatchObject({ status: 'queued', tasks: [{ status: 'unknown' }] })
    expect(billedFor(id)).toBe(0)
  })

  it('does not count a look from before a task that might be it', async () => {
    let looks = 0
    answerLists(() => {
      looks += 1
      const isClear = looks % 2 === 1
      const task = aTask(isClear ? {} : { execution_expires_after: null })
      return Response.json({ items: [task, ours()], total: 2 })
    })
    const id = await postUnknown('reset-before')
    await pass(12 * minutes)
    expect(looks).toBeGreaterThan(4)
    expect(await getJob(id)).toMatchObject({ status: 'queued', tasks: [{ status: 'unknown' }] })
  })

  it('does not forget a look because of one that failed', async () => {
    let looks = 0
    answerLists(() => {
      looks += 1
      if (looks % 2 === 0) return new Response('', { status: 502 })
      return Response.json({ items: [aTask(), ours()], total: 2 })
    })
    const id = await postUnknown('reset-before*1')
    await pass(12 * minutes)
    expect(await passTimeUntil(id, isSettled)).toMatchObject({ status: 'succeeded' })
    expect(billedFor(id)).toBe(1)
  })
})
