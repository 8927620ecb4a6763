/** Slots under races, crashes, refusals and changed limits: never more than the limit, and none is lost. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { advance } from '../../../src/engine/advance.ts'
import { sweep } from '../../../src/engine/upkeep/sweep.ts'
import {
  hearWebhooks,
  mostAtOnce,
  passTimeUntilAll,
  postMany,
  postTo,
  statusesOf,
} from '../../support/limited.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { billsFor, getJob } from '../../support/reelhook.ts'
import { aContext, aGate } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const limits = { RUNWARE_MAX_CONCURRENT: '3' }

afterEach(async () => {
  expect(await countRows('jobs', 'settled_at IS NULL')).toBe(0)
  expect([await countRows('slots'), await countRows('waits')]).toEqual([0, 0])
})

describe('races', () => {
  it('of many consumers at once hand out as many slots as there are', async () => {
    const worker = createMeteredWorker(limits)
    hearWebhooks(worker)
    const ids = await postMany(worker, 12)
    await Promise.all([...ids, ...ids].map((id) => advance(aContext({}, worker.bindings), id)))
    expect((await statusesOf(ids)).filter((status) => status === 'generating')).toHaveLength(3)
    expect(await countRows('slots')).toBe(3)
    await passTimeUntilAll(worker, ids, 'succeeded')
    expect(mostAtOnce(ids)).toBe(3)
    expect(ids.flatMap(billsFor)).toHaveLength(12)
  })

  it('of ends and sweeps at once wake as many as slots came free', async () => {
    const worker = createMeteredWorker(limits)
    hearWebhooks(worker)
    const ids = await postMany(worker, 12)
    await worker.drain()
    for (let round = 0; round < 4; round++) {
      await world.advance(45_000)
      const context = aContext({}, worker.bindings)
      await Promise.all([...ids.map((id) => advance(context, id)), sweep(context), sweep(context)])
      expect(await countRows('slots')).toBeLessThanOrEqual(3)
    }
    await passTimeUntilAll(worker, ids, 'succeeded')
    expect(mostAtOnce(ids)).toBeLessThanOrEqual(3)
  })
})

describe('a crash', () => {
  it.each(['before', 'after'])(
    '%s the call to the provider keeps the slot, and releases it at the end',
    async (when) => {
      const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
      hearWebhooks(worker)
      const [first = '', second = ''] = await postMany(worker, 2)
      const gate = aGate()
      const reached = aGate()
      const fetch = async (request: Request) => {
        const answer = when === 'after' ? await world.edges.fetch(request) : null
        reached.open()
        await gate.wait
        return answer ?? world.edges.fetch(request)
      }
      const dead = advance(aContext({ fetch }, worker.bindings), first)
      await reached.wait
      await worker.drain()
      expect(await statusesOf([first, second])).toEqual(['queued', 'queued'])
      expect(await countRows('slots')).toBe(1)
      await passTimeUntilAll(worker, [first, second], 'succeeded')
      expect([first, second].flatMap(billsFor)).toHaveLength(2)
      gate.open()
      await dead
    },
  )

  it('between the slot and the task releases the slot when the job settles', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    hearWebhooks(worker)
    const id = await postTo(worker, { deadline_seconds: 60 })
    const broken = new Proxy(worker.bindings.DB as D1Database, {
      get: (database, name) => {
        if (name !== 'batch') return Reflect.get(database, name)
        return async (statements: D1PreparedStatement[]) => {
          const results = await database.batch(statements)
          // Acquired, and the Worker crashed before it knew.
          if ((await countRows('slots')) === 1) throw new Error('killed')
          return results
        }
      },
    })
    await expect(advance(aContext({}, { ...worker.bindings, DB: broken }), id)).rejects.toThrow('killed')
    expect([await countRows('slots'), await countRows('tasks', 'job_id = ?', id)]).toEqual([1, 0])
    await world.advance(70_000)
    await passTimeUntilAll(worker, [id], 'failed')
  })
})

describe('a refusal', () => {
  it('that is final gives the slot to the next job', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    hearWebhooks(worker)
    const refused = await postTo(worker, { prompt: 'A paper boat sim(submit=402)' })
    const taken = await postTo(worker)
    await worker.drain()
    expect(await statusesOf([refused, taken])).toEqual(['failed', 'generating'])
    await passTimeUntilAll(worker, [taken], 'succeeded')
  })

  it('because the provider is busy keeps the slot, so that not every waiting job is refused', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    hearWebhooks(worker)
    const first = await postTo(worker, { prompt: 'A paper boat sim(submit=429*3)' })
    const others = await postMany(worker, 4)
    await worker.drain()
    await worker.passSeconds(20)
    const jobs = await Promise.all(others.map(getJob))
    expect(jobs.every(({ status, tasks }) => status === 'queued' && tasks.length === 0)).toBe(true)
    await passTimeUntilAll(worker, [first, ...others], 'succeeded')
  })
})

describe('a job whose row is gone', () => {
  it('loses its slot and its place in the wait lists at the next sweep', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    hearWebhooks(worker)
    const [held = '', waiting = '', last = ''] = await postMany(worker, 3)
    await worker.drain()
    expect(await statusesOf([held, waiting, last])).toEqual(['generating', 'queued', 'queued'])
    await env.DB.prepare('DELETE FROM jobs WHERE id IN (?, ?)').bind(held, waiting).run()
    await worker.sweep()
    await worker.drain()
    expect(await statusesOf([last])).toEqual(['generating'])
    await passTimeUntilAll(worker, [last], 'succeeded')
  })
})

describe('a limit that is changed', () => {
  it('and raised wakes the next jobs at the next sweep', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    hearWebhooks(worker)
    const ids = await postMany(worker, 5)
    await worker.drain()
    const raised = aContext({}, { ...worker.bindings, RUNWARE_MAX_CONCURRENT: '3' })
    await sweep(raised)
    await Promise.all(ids.map((id) => advance(raised, id)))
    expect((await statusesOf(ids)).filter((status) => status === 'generating')).toHaveLength(3)
    await passTimeUntilAll(worker, ids, 'succeeded')
  })

  it('and removed wakes all waiting jobs, and their old slots do not count under a later limit', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    hearWebhooks(worker)
    const ids = await postMany(worker, 3)
    await worker.drain()
    const unlimited = createMeteredWorker()
    hearWebhooks(unlimited)
    const context = aContext({}, unlimited.bindings)
    await sweep(context)
    await Promise.all(ids.map((id) => advance(context, id)))
    expect(await statusesOf(ids)).toEqual(['generating', 'generating', 'generating'])
    await passTimeUntilAll(unlimited, ids, 'succeeded')
    // The first slot belongs to the old limit. Under a new limit the sweep deletes it.
    await sweep(aContext({}, worker.bindings))
  })
})
