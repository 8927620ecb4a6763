/** Steps that follow each other at once: when they share a commit, and what a crash repeats. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { advance } from '../../src/engine/advance.ts'
import { aSlowVideo, withMethods } from '../media/a-copy.ts'
import { getJob, passTimeUntil, sweep, timelineOf, untilNotified } from '../support/reelhook.ts'
import { aContext, aGate, deadQueue, postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import { simulatorUrl, world } from '../support/world.ts'

const withoutQueues = { JOBS: deadQueue, RESULTS: deadQueue, DELIVERIES: deadQueue }

/** A job whose video is made, before the step that finds it. */
async function aFinishedJob(overrides: Record<string, unknown> = {}): Promise<string> {
  const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)', ...overrides })
  await advance(aContext({}, withoutQueues), id)
  await world.advance(5 * 60_000)
  return id
}

/** The statuses that the job has after each batch of a message, until it has ended. */
async function statusesIn(id: string): Promise<string[]> {
  const seen: string[] = []
  const batch = async (statements: D1PreparedStatement[]) => {
    const results = await env.DB.batch(statements)
    if (seen.at(-1) !== 'succeeded') seen.push((await getJob(id)).status)
    return results
  }
  const DB = withMethods(env.DB, { batch: batch as D1Database['batch'] })
  await advance(aContext({}, { ...withoutQueues, DB }), id)
  return seen
}

function pollsOf(id: string): number {
  return world.logs.filter(({ event, fields }) => event === 'task.polled' && fields.job_id === id).length
}

describe('a short video', () => {
  it('is polled, copied and read, and its job settled, in one commit after the claim', async () => {
    const id = await aFinishedJob()
    expect(await statusesIn(id)).toEqual(['generating', 'succeeded'])
    expect(await timelineOf(id)).toEqual([
      'job.accepted',
      'task.submitted',
      'task.succeeded',
      'output.stored',
      'job.succeeded',
    ])
  })

  it('that cannot be copied is committed as storing, with the wait until the next attempt', async () => {
    const id = await aFinishedJob()
    world.respondNext(`${simulatorUrl}/media/`, () => new Response(null, { status: 503 }))
    expect(await statusesIn(id)).toEqual(['generating', 'storing'])
    expect(await getJob(id)).toMatchObject({
      tasks: [{ status: 'succeeded' }],
      outputs: [{ status: 'waiting' }],
    })
    const [row] = await select('SELECT lease, leased_until, due_at FROM jobs WHERE id = ?', id)
    expect(row).toEqual({ lease: null, leased_until: null, due_at: world.edges.now() + 2_000 })
  })

  it('whose copy fails unexpectedly is still known to be made', async () => {
    const id = await aFinishedJob()
    const BUCKET = withMethods(env.BUCKET, { put: () => Promise.reject(new Error('R2 is down')) })
    await advance(aContext({}, { ...withoutQueues, BUCKET }), id)
    expect(await getJob(id)).toMatchObject({ status: 'storing', tasks: [{ status: 'succeeded' }] })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(pollsOf(id)).toBe(1)
  })

  it('whose step crashes is polled and copied again, each with a commit of its own', async () => {
    const id = await aFinishedJob()
    const reached = aGate()
    const put = () => {
      reached.open()
      return new Promise<never>(() => undefined)
    }
    void advance(aContext({}, { ...withoutQueues, BUCKET: withMethods(env.BUCKET, { put }) }), id)
    await reached.wait
    expect((await getJob(id)).status).toBe('generating')
    await world.advance(60_000)
    expect(await statusesIn(id)).toEqual(['generating', 'storing', 'storing', 'succeeded'])
    await sweep()
    expect(await untilNotified(id)).toHaveLength(1)
  })
})

describe('a long copy', () => {
  it('shows that it is storing while the bytes arrive, and is committed before its header is read', async () => {
    const id = await aFinishedJob()
    const seen: string[] = []
    const onPart = async () => seen.push((await getJob(id)).status)
    world.respondNext(`${simulatorUrl}/media/`, () => aSlowVideo(4, onPart))
    const statuses = await statusesIn(id)
    expect(seen.at(-1)).toBe('storing')
    expect([...new Set(statuses)]).toEqual(['generating', 'storing', 'succeeded'])
    expect(statuses.filter((status) => status === 'storing').length).toBeGreaterThan(2)
  })

  it('that crashes is repeated without a poll', async () => {
    const id = await aFinishedJob()
    const crashed = aGate()
    let parts = 0
    const onPart = async () => {
      parts += 1
      if (parts < 4) return
      crashed.open()
      await new Promise(() => undefined)
    }
    world.respondNext(`${simulatorUrl}/media/`, () => aSlowVideo(6, onPart))
    void advance(aContext({}, withoutQueues), id)
    await crashed.wait
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(pollsOf(id)).toBe(1)
    expect(await untilNotified(id)).toHaveLength(1)
  })
})
