/** Which queue carries what: no submission waits behind a copy, and a message copies one video at most. */
import { createExecutionContext, createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { advance, advanceQueued } from '../../src/engine/advance.ts'
import { claimJob } from '../../src/store/jobs/claim.ts'
import { aSlowVideo } from '../media/a-copy.ts'
import { recordingQueues } from '../support/queues.ts'
import {
  billsFor,
  getJob,
  postJob,
  sweep,
  untilJob,
  untilNotified,
  untilStatus,
  untilSubmitted,
} from '../support/reelhook.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import worker from '../support/worker.ts'
import { simulatorUrl, world } from '../support/world.ts'

const withoutWebhook = { prompt: 'A paper boat sim(webhook=lost)' }

/** A job whose video is made, before the step that finds it. */
async function aFinishedJob(overrides: Record<string, unknown> = {}): Promise<string> {
  const { id } = await postWithoutWakeUp({ ...withoutWebhook, ...overrides })
  await advanceQueued(aContext({}, recordingQueues().bindings), id)
  await world.advance(5 * 60_000)
  return id
}

/** A job with outputs that are not stored yet, due now. */
async function aStoringJob(overrides: Record<string, unknown> = {}): Promise<string> {
  const id = await aFinishedJob({ count: 2, ...overrides })
  await advance(aContext({}, recordingQueues().bindings), id)
  expect((await getJob(id)).status).toBe('storing')
  return id
}

/** From now on the media host does not respond to this many copies until they are released. */
function holdCopies(count: number) {
  const copies = { held: 0, areReleased: false }
  for (let n = 0; n < count; n++) {
    world.respondNext(`${simulatorUrl}/media/`, async (request) => {
      copies.held += 1
      // The queue's invocation needs a timer of its own to continue.
      await vi.waitUntil(() => copies.areReleased, { timeout: 60_000, interval: 5 })
      const { body, headers } = await world.simulator.fetch(request)
      return new Response(body?.pipeThrough(new IdentityTransformStream()) ?? null, { headers })
    })
  }
  return copies
}

it('a copy that does not end delays no submission, no delivery and no other copy', async () => {
  const slow = await Promise.all([1, 2, 3].map(() => postJob()))
  for (const { id } of slow) await untilSubmitted(id)
  const copies = holdCopies(3)
  await world.advance(10_000)
  await expect.poll(() => copies.held, { timeout: 60_000 }).toBe(3)

  const posted = await Promise.all(Array.from({ length: 10 }, () => postJob()))
  for (const { id } of posted) await untilSubmitted(id)
  const refused = await postJob({ prompt: 'A paper boat sim(submit=402)' })
  await untilNotified(refused.id)
  await world.advance(10_000)
  for (const { id } of posted) await untilNotified(id)
  for (const { id } of slow) expect((await getJob(id)).settled_at).toBeNull()

  copies.areReleased = true
  for (const { id } of slow) await untilStatus(id, 'succeeded')
})

describe('a message of the queue for submissions', () => {
  it('submits, and the polls that follow are woken on the queue for results', async () => {
    const { id } = await postWithoutWakeUp({ ...withoutWebhook, provider: 'scenario' })
    const { bindings, jobs, results } = recordingQueues()
    await advanceQueued(aContext({}, bindings), id)
    expect((await getJob(id)).status).toBe('generating')
    expect([jobs, results]).toEqual([[], [{ result: id }]])
  })

  it.each([
    ['generating', aFinishedJob],
    ['storing', aStoringJob],
  ])('forwards a %s job that is due, and neither polls nor copies', async (status, aJob) => {
    const id = await aJob()
    const before = [await getJob(id), world.calls.length]
    const { bindings, jobs, results } = recordingQueues()
    await advanceQueued(aContext({}, bindings), id)
    expect([await getJob(id), world.calls.length]).toEqual(before)
    expect([jobs, results]).toEqual([[], [{ result: id }]])
    expect((await getJob(id)).status).toBe(status)
  })

  it('is dropped if a step holds the job, or the job is not due', async () => {
    const id = await aStoringJob()
    await select('UPDATE jobs SET due_at = ? WHERE id = ?', world.edges.now() + 60_000, id)
    const { bindings, jobs, results } = recordingQueues()
    await advanceQueued(aContext({}, bindings), id)
    expect([jobs, results]).toEqual([[], []])
  })
})

describe('a message of the queue for results', () => {
  it('stores one of four videos, and wakes the job for the next one', async () => {
    const id = await aFinishedJob({ count: 4 })
    for (const stored of [1, 2, 3]) {
      const { bindings, jobs, results } = recordingQueues()
      await advance(aContext({}, bindings), id)
      expect((await getJob(id)).outputs.filter(({ status }) => status === 'stored')).toHaveLength(stored)
      expect([jobs, results]).toEqual([[], [{ result: id }]])
    }
    const { bindings, results, deliveries } = recordingQueues()
    await advance(aContext({}, bindings), id)
    expect((await getJob(id)).status).toBe('succeeded')
    expect([results.length, deliveries.length]).toEqual([0, 0])
    expect(billsFor(id)).toHaveLength((await getJob(id)).tasks.length)
  })

  it('tries one copy, and wakes the job for the output that has not failed', async () => {
    const id = await aFinishedJob({ count: 2 })
    world.respondNext(`${simulatorUrl}/media/`, () => new Response(null, { status: 503 }))
    const { bindings, results } = recordingQueues()
    await advance(aContext({}, bindings), id)
    expect((await getJob(id)).outputs.map(({ status }) => status)).toEqual(['waiting', 'waiting'])
    expect(results).toEqual([{ result: id }])
  })

  it('begins no copy after its first minute, and wakes the job for it', async () => {
    const id = await aFinishedJob()
    const slowPoll = async (request: Request) => {
      await world.advance(61_000)
      return world.edges.fetch(request)
    }
    const { bindings, results } = recordingQueues()
    await advance(aContext({ fetch: slowPoll }, bindings), id)
    expect((await getJob(id)).outputs.map(({ status }) => status)).toEqual(['waiting'])
    expect(results).toEqual([{ result: id }])
    await advance(aContext({}, bindings), id)
    expect((await getJob(id)).status).toBe('succeeded')
  })

  it('keeps its lease while a slow video of unknown length arrives', async () => {
    const id = await aFinishedJob()
    const isDue = async () => (await claimJob(aContext().db, id, 'another', world.edges.now())) !== null
    const taken: boolean[] = []
    world.respondNext(`${simulatorUrl}/media/`, () => aSlowVideo(4, async () => taken.push(await isDue())))
    await advance(aContext({}, recordingQueues().bindings), id)
    expect([(await getJob(id)).status, taken]).toEqual(['succeeded', [false, false, false, false]])
  })

  it('that is lost is found by the sweep', async () => {
    const id = await aFinishedJob({ count: 2 })
    await advance(aContext({}, { RESULTS: deadQueue }), id)
    expect((await getJob(id)).status).toBe('storing')
    await sweep()
    await untilJob(id, ({ status }) => status === 'succeeded')
  })
})

it('the sweep wakes each overdue job on the queue of its status', async () => {
  const { id: queued } = await postWithoutWakeUp(withoutWebhook)
  const generating = await aFinishedJob()
  const storing = await aStoringJob()
  await select('UPDATE jobs SET due_at = ? WHERE id IN (?, ?, ?)', 0, queued, generating, storing)
  const { bindings, jobs, results } = recordingQueues()
  await worker.scheduled?.(createScheduledController(), { ...env, ...bindings }, createExecutionContext())
  expect(jobs).toContainEqual({ job: queued })
  expect(results).toEqual(expect.arrayContaining([{ result: generating }, { result: storing }]))
  expect(jobs).not.toContainEqual({ job: generating })
  expect(jobs).not.toContainEqual({ job: storing })
})
