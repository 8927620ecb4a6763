/** D1 is overloaded for a minute, or stalls for half a minute, at any point of a job's life. */

import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sellerNames } from '../../src/core/request/choices.ts'
import { workPatience } from '../../src/store/patience.ts'
import { expectOneEnd } from '../support/expect-one-end.ts'
import { createMeteredWorker, type MeteredWorker } from '../support/meter.ts'
import { type EmulatedDatabase, emulateDatabase } from '../support/platform/database.ts'
import { aRequest, billsFor, getJob, timelineOf } from '../support/reelhook.ts'
import { aGate } from '../support/runtime.ts'
import { publicBaseUrl, world } from '../support/world.ts'

const seconds = 1_000

function aWorker(settings: Parameters<typeof emulateDatabase>[1] = {}) {
  const database = emulateDatabase(env.DB, { now: world.edges.now, ...settings })
  return { database, worker: createMeteredWorker({}, database.binding) }
}

async function postTo(worker: MeteredWorker, provider: string): Promise<string> {
  const body = aRequest({ provider, prompt: 'A paper boat sim(webhook=lost)' })
  const response = await worker.fetch(
    new Request(`${publicBaseUrl}/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
  expect(response.status, await response.clone().text()).toBe(202)
  return (await response.json<{ id: string }>()).id
}

/** Runs `begin` after that many more calls. */
function after(calls: number, database: EmulatedDatabase, begin: () => void): void {
  let left = calls
  database.loseAnswers(() => {
    left -= 1
    if (left === 0) begin()
    return false
  })
}

// The calls of a job after its post: claims and commits of each step, and of its delivery.
const points = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

describe('a D1 that is overloaded for a minute', () => {
  it.each(points)('after call %i of a job: it ends once, with one bill', async (point) => {
    const { worker, database } = aWorker()
    const id = await postTo(worker, 'runware')
    after(point, database, () => database.overload(world.edges.now() + 60 * seconds))
    await worker.passSeconds(400)
    expect(await getJob(id)).toMatchObject({ status: 'succeeded', fault: null })
    expect(billsFor(id)).toHaveLength(1)
    await expectOneEnd(id, 'succeeded')
  })

  it('while four jobs of different providers run: each ends once', async () => {
    const { worker, database } = aWorker()
    const ids: string[] = []
    for (const provider of sellerNames) ids.push(await postTo(worker, provider))
    // After the submissions: a lost response of Crun can only be resolved by its webhook.
    await worker.passSeconds(2)
    database.overload(world.edges.now() + 60 * seconds)
    await worker.passSeconds(400)
    for (const id of ids) await expectOneEnd(id, 'succeeded')
  })
})

describe('a D1 that stalls', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Runs the worker; as soon as a call hangs, lets the time pass, then ends the stall. */
  async function stallFor(
    worker: MeteredWorker,
    database: EmulatedDatabase,
    point: number,
    stalledMs: number,
  ) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const gate = aGate()
    after(point, database, () => database.stall(gate.wait))
    const running = worker.drain()
    await vi.waitUntil(() => database.stalled() > 0, { timeout: 60_000, interval: 5 })
    await world.advance(stalledMs)
    await vi.advanceTimersByTimeAsync(stalledMs)
    gate.open()
    await running
    vi.useRealTimers()
  }

  it.each([
    ['the write before the billable call', 1],
    ['the commit after it', 2],
  ])('for 25 seconds at %s delays the job, and costs nothing else', async (_, point) => {
    const { worker, database } = aWorker()
    const id = await postTo(worker, 'crun')
    await stallFor(worker, database, point, 25 * seconds)
    expect(await getJob(id)).toMatchObject({ status: 'generating', tasks: [{ status: 'submitted' }] })
    await worker.passSeconds(300)
    await expectOneEnd(id, 'succeeded')
    expect(await timelineOf(id)).not.toContain('task.unknown')
  })

  it('at the claim: the step begins with a lease that still has half of its time', async () => {
    const { worker, database } = aWorker()
    const id = await postTo(worker, 'crun')
    const gate = aGate()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    database.stall(gate.wait)
    const running = worker.drain()
    await vi.waitUntil(() => database.stalled() > 0, { timeout: 60_000, interval: 5 })
    await world.advance(25 * seconds)
    await vi.advanceTimersByTimeAsync(25 * seconds)
    gate.open()
    await running
    vi.useRealTimers()
    expect(await getJob(id)).toMatchObject({ status: 'generating' })
    await worker.passSeconds(300)
    await expectOneEnd(id, 'succeeded')
  })

  it.each([1, 2])(
    'longer than a call may take, after call %i: the step ends and is repeated',
    async (point) => {
      const { worker, database } = aWorker()
      const id = await postTo(worker, 'runware')
      await stallFor(worker, database, point, workPatience.limitMs + seconds)
      const failures = world.logs.filter(
        ({ event, fields }) => event === 'step.failed' && fields.job_id === id,
      )
      expect(JSON.stringify(failures)).toContain(`no response within ${workPatience.limitMs} ms`)
      await worker.passSeconds(600)
      await expectOneEnd(id, 'succeeded')
    },
  )
})

it('a job makes few round trips: 150 ms for each of them is less than three seconds', async () => {
  let waitedMs = 0
  const wait = async (ms: number) => {
    waitedMs += ms
  }
  const { worker, database } = aWorker({ wait, latencyMs: { min: 150, max: 150 } })
  const id = await postTo(worker, 'runware')
  await worker.drain()
  await world.advance(10 * seconds)
  await worker.drain()
  const { calls } = database
  expect(waitedMs).toBe(calls() * 150)
  expect(waitedMs).toBeLessThan(3 * seconds)
  await worker.passSeconds(400)
  await expectOneEnd(id, 'succeeded')
})
