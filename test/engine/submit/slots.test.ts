/** A limit to the number of tasks at a provider at once. */
import { afterEach, describe, expect, it } from 'vitest'
import { advance } from '../../../src/engine/advance.ts'
import {
  maxConcurrentTasks,
  passTimeUntilAll,
  postMany,
  postTo,
  receiveWebhooks,
  statusesOf,
  waitingProviders,
} from '../../support/limited.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { billsFor, eventOf, getJob, rowsOf, timelineOf } from '../../support/reelhook.ts'
import { aContext } from '../../support/runtime.ts'
import { countRows, select } from '../../support/storage.ts'
import { crunSubmissions, world } from '../../support/world.ts'

const silent = { prompt: 'A paper boat sim(webhook=lost)' }

// When all jobs have settled, no slot is held and no job waits.
afterEach(async () => {
  expect(await countRows('jobs', 'settled_at IS NULL')).toBe(0)
  expect([await countRows('slots'), await countRows('waits')]).toEqual([0, 0])
})

describe('a provider with a limit', () => {
  it('has no more tasks at once, and serves the oldest job first', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '2' })
    receiveWebhooks(worker)
    const ids = await postMany(worker, 7)
    await worker.drain()
    expect(await statusesOf(ids)).toEqual(['generating', 'generating', ...Array(5).fill('queued')])
    await passTimeUntilAll(worker, ids, 'succeeded')
    expect(maxConcurrentTasks(ids)).toBe(2)
    const submitted = await select<{ job_id: string }>(
      'SELECT job_id FROM tasks ORDER BY submitted_at, job_id',
    )
    expect(submitted.map(({ job_id }) => job_id).filter((id) => ids.includes(id))).toEqual(ids)
  })

  it('does not touch the rows of a waiting job until its turn, and shows the wait once on its timeline', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    const [first = '', second = ''] = await postMany(worker, 2, silent)
    await worker.drain()
    expect(await timelineOf(second)).toEqual(['job.accepted', 'job.waiting'])
    const before = await rowsOf(second)
    await worker.passSeconds(120)
    expect(await rowsOf(second)).toEqual(before)
    await passTimeUntilAll(worker, [first, second], 'succeeded')
    expect((await timelineOf(second)).filter((type) => type === 'job.waiting')).toHaveLength(1)
  })

  it('gives a slot to a woken job before a newer one', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    const context = aContext({}, worker.bindings)
    const [first = '', second = '', third = ''] = await postMany(worker, 3, silent)
    await advance(context, first)
    await advance(context, second)
    await world.advance(240_000)
    await advance(context, first)
    await advance(context, third)
    expect(await statusesOf([first, second, third])).toEqual(['succeeded', 'queued', 'queued'])
    await advance(context, second)
    expect(await statusesOf([second, third])).toEqual(['generating', 'queued'])
    await passTimeUntilAll(worker, [second, third], 'succeeded')
  })

  it('makes several tasks of one job one after the other', async () => {
    const worker = createMeteredWorker({ CRUN_MAX_CONCURRENT: '1' })
    receiveWebhooks(worker)
    const ids = [
      await postTo(worker, { provider: 'crun', count: 3 }),
      await postTo(worker, { provider: 'crun' }),
    ]
    await passTimeUntilAll(worker, ids, 'succeeded')
    expect(maxConcurrentTasks(ids, 'crun')).toBe(1)
    const [job] = await Promise.all(ids.map(getJob))
    expect(job?.outputs.map(({ n, status }) => [n, status])).toEqual([
      [0, 'stored'],
      [1, 'stored'],
      [2, 'stored'],
    ])
    expect(billsFor(ids[0] ?? '')).toHaveLength(3)
  })
})

describe('a full provider', () => {
  const limits = { RUNWARE_MAX_CONCURRENT: '1', CRUN_MAX_CONCURRENT: '1' }

  it('is skipped for another allowed provider with a free slot', async () => {
    const worker = createMeteredWorker(limits)
    receiveWebhooks(worker)
    const ids = await postMany(worker, 2, { provider: ['runware', 'crun'] })
    await worker.drain()
    const jobs = await Promise.all(ids.map(getJob))
    expect(jobs.map(({ provider, status }) => [provider, status])).toEqual([
      ['runware', 'generating'],
      ['crun', 'generating'],
    ])
    const [, second = ''] = ids
    expect(await timelineOf(second)).toEqual(['job.accepted', 'job.provider_changed', 'task.submitted'])
    expect(await eventOf(second, 'job.provider_changed')).toEqual({
      provider: 'runware',
      next_provider: 'crun',
      fault: 'no_free_slot',
      message: 'All slots of runware are taken.',
    })
    await passTimeUntilAll(worker, ids, 'succeeded')
  })

  it('is one of several where a job waits: it takes the first slot that becomes free', async () => {
    const worker = createMeteredWorker(limits)
    receiveWebhooks(worker)
    const ids = [
      await postTo(worker, { provider: 'runware', prompt: 'A paper boat sim(seconds=90)' }),
      await postTo(worker, { provider: 'crun' }),
      await postTo(worker, { provider: ['runware', 'crun'] }),
    ]
    await worker.drain()
    expect(await waitingProviders(ids[2] ?? '')).toEqual(['crun', 'runware'])
    await worker.passSeconds(50)
    expect(await getJob(ids[2] ?? '')).toMatchObject({ provider: 'crun', status: 'generating' })
    expect(await waitingProviders(ids[2] ?? '')).toEqual([])
    await passTimeUntilAll(worker, ids, 'succeeded')
  })

  it('is used again if the provider in its place refused', async () => {
    const worker = createMeteredWorker(limits)
    receiveWebhooks(worker)
    const first = await postTo(worker, { provider: 'runware' })
    await worker.drain()
    world.respondNext(crunSubmissions, () => Response.json({ code: 402, message: 'no credits' }))
    const second = await postTo(worker, { provider: ['runware', 'crun'] })
    await worker.drain()
    expect(await waitingProviders(second)).toEqual(['runware'])
    await passTimeUntilAll(worker, [first, second], 'succeeded')
    expect((await getJob(second)).provider).toBe('runware')
  })

  it('is awaited by a job for the cheapest provider', async () => {
    const worker = createMeteredWorker({
      ...limits,
      SCENARIO_MAX_CONCURRENT: '1',
      AIMLAPI_MAX_CONCURRENT: '1',
    })
    const ids = await postMany(worker, 2, { provider: 'cheapest', ...silent })
    await worker.drain()
    const [one, two] = await Promise.all(ids.map(getJob))
    expect(two?.provider).toBe(one?.provider)
    expect(await waitingProviders(ids[1] ?? '')).toEqual([one?.provider])
    await passTimeUntilAll(worker, ids, 'succeeded')
  })
})

describe('a job that never gets a slot', () => {
  it('fails at its deadline with no_free_slot, and is not billed', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    const first = await postTo(worker, silent)
    const second = await postTo(worker, { deadline_seconds: 60 })
    await worker.passSeconds(70)
    const job = await getJob(second)
    expect(job).toMatchObject({
      status: 'failed',
      tasks: [],
      fault: { code: 'no_free_slot', retryable: true },
    })
    expect(billsFor(second)).toHaveLength(0)
    expect(await timelineOf(second)).toEqual(['job.accepted', 'job.waiting', 'job.failed'])
    await passTimeUntilAll(worker, [first], 'succeeded')
  })
})
