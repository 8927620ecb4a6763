/** Jobs that ended long ago: their details are deleted, and everything that the API promises of them stays. */
import { describe, expect, it } from 'vitest'
import { pruneEnded } from '../../../src/engine/upkeep/prune.ts'
import { deliveriesOf, notifyOnce, untilDelivery, wakeDelivery } from '../../support/deliveries.ts'
import { erase, retry } from '../../support/job-calls.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, getJob, post, timelineOf } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { aNotifiedVideo, days, untilDelivered } from '../../support/retention.ts'
import { aContext } from '../../support/runtime.ts'
import { countRows, select } from '../../support/storage.ts'
import { failVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

/** Advances the clock by days, and prunes. */
async function pruneAfter(count: number, settings: Partial<Env> = {}): Promise<void> {
  await world.advance(count * days)
  const context = aContext({}, settings)
  await pruneEnded(context, context.db)
}

async function bodyOf(deliveryId: string): Promise<string | null> {
  const response = await api(`/v1/deliveries/${deliveryId}`)
  return (await response.json<{ body: string | null }>()).body
}

async function aPrunedVideo(): Promise<string> {
  const id = await aNotifiedVideo()
  await pruneAfter(31)
  return id
}

async function idleRound() {
  const { bindings, bill } = createMeteredWorker()
  const context = aContext({}, bindings)
  await pruneEnded(context, context.db)
  return bill()
}

async function entriesOf(id: string) {
  const response = await api(`/v1/jobs/${id}/events`)
  return (await response.json<{ data: { id: string; type: string; data: object }[] }>()).data
}

// First, because ids are made by the real time, which the other tests leave behind.
it('a round without work reads four rows and writes none, however many jobs were pruned', async () => {
  await aNotifiedVideo()
  expect(await idleRound()).toMatchObject({ rowsRead: 4, rowsWritten: 0 })
  await aNotifiedVideo()
  await failVideo()
  await pruneAfter(31)
  expect(await countRows('jobs', 'pruned_at IS NOT NULL')).toBe(3)
  expect(await idleRound()).toMatchObject({ rowsRead: 4, rowsWritten: 0 })
})

describe('a job that ended PRUNE_AFTER_DAYS ago', () => {
  it('shows the same as before, and when it was pruned', async () => {
    const id = await aNotifiedVideo()
    const before = await getJob(id)
    expect(before.pruned_at).toBeNull()
    await pruneAfter(31)
    const prunedAt = new Date(world.edges.now()).toISOString()
    const withoutLinks = before.outputs.map(({ url: _, url_expires_at: __, ...output }) => output)
    const { outputs, ...after } = await getJob(id)
    expect({ ...after, outputs }).toEqual({
      ...before,
      pruned_at: prunedAt,
      outputs: withoutLinks.map((output) => ({
        ...output,
        url: expect.any(String),
        url_expires_at: expect.any(String),
      })),
    })
  })

  it('keeps its tasks, outputs and deliveries, and nothing of its webhooks, timeline and attempts', async () => {
    const id = await aPrunedVideo()
    expect(await leftOf(id)).toMatchObject({
      jobs: 1,
      tasks: 1,
      outputs: 1,
      deliveries: 1,
      webhooks: 0,
      events: 0,
    })
    const [delivery] = await deliveriesOf(id)
    expect(delivery).toMatchObject({ status: 'delivered', attempt_count: 1, attempts: [] })
    expect(await countRows('attempts', 'delivery_id = ?', delivery?.id)).toBe(0)
    expect(await bodyOf(delivery?.id ?? '')).toBeNull()
  })

  it('keeps the entries of its tasks, outputs and end, under the same ids', async () => {
    const id = await aNotifiedVideo()
    const before = await entriesOf(id)
    expect(before.map(({ type }) => type)).toContain('webhook.received')
    await pruneAfter(31)
    expect(await entriesOf(id)).toEqual(before.filter(({ type }) => type !== 'webhook.received'))
  })

  it('keeps the fault of a failure on the timeline', async () => {
    const { id, fault } = await failVideo()
    await untilDelivered(id)
    await pruneAfter(31)
    expect((await entriesOf(id)).at(-1)).toMatchObject({
      type: 'job.failed',
      data: { fault: fault?.code, message: fault?.message },
    })
  })

  it('is counted in lists as before', async () => {
    const id = await aPrunedVideo()
    const jobs = await (await api('/v1/jobs?status=succeeded&limit=100')).json<{ data: { id: string }[] }>()
    expect(jobs.data.map((job) => job.id)).toContain(id)
  })

  it('can be erased, with nothing left of it', async () => {
    const id = await aPrunedVideo()
    expect((await erase(id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
  })
})

describe('a job that is passed before its turn', () => {
  it('is pruned in its turn, if it ended later than its neighbors', async () => {
    const [late, other] = [await aNotifiedVideo(), await aNotifiedVideo()]
    await select('UPDATE jobs SET settled_at = settled_at + ? WHERE id = ?', 10 * days, late)
    await pruneAfter(31)
    expect(await getJob(late)).toMatchObject({ pruned_at: null })
    expect(await getJob(other)).toMatchObject({ pruned_at: expect.any(String) })
    await pruneAfter(10)
    expect(await getJob(late)).toMatchObject({ pruned_at: expect.any(String) })
    expect(await leftOf(late)).toMatchObject({ webhooks: 0, events: 0 })
    expect(await countRows('postponed_prunes', 'job_id = ?', late)).toBe(0)
  })

  it('leaves nothing behind, if it is erased meanwhile', async () => {
    const id = await aNotifiedVideo()
    await select('UPDATE jobs SET settled_at = settled_at + ? WHERE id = ?', 10 * days, id)
    await pruneAfter(31)
    expect(await countRows('postponed_prunes', 'job_id = ?', id)).toBe(1)
    expect((await erase(id)).status).toBe(204)
    await pruneAfter(10)
    expect(await countRows('postponed_prunes', 'job_id = ?', id)).toBe(0)
    expect(await leftOf(id)).toEqual(nothing)
  })
})

describe('two rounds at once', () => {
  it('pass every job, and go back for none', async () => {
    const ids = [await aNotifiedVideo(), await aNotifiedVideo()]
    await world.advance(31 * days)
    const context = aContext()
    await Promise.all([pruneEnded(context, context.db), pruneEnded(context, context.db)])
    for (const id of ids) expect(await getJob(id)).toMatchObject({ pruned_at: expect.any(String) })
    expect(await select('SELECT job_id FROM prune_progress')).toEqual([{ job_id: ids.toSorted().at(-1) }])
  })
})

describe('not pruned', () => {
  it('is a job that ended later', async () => {
    const id = await aNotifiedVideo()
    await pruneAfter(29.9)
    expect(await getJob(id)).toMatchObject({ pruned_at: null })
    expect(await timelineOf(id)).toContain('webhook.received')
  })

  it('is any job, if PRUNE_AFTER_DAYS is 0', async () => {
    const id = await aNotifiedVideo()
    await pruneAfter(400, { PRUNE_AFTER_DAYS: '0' })
    expect(await getJob(id)).toMatchObject({ pruned_at: null })
  })

  it('is a job with a pending delivery, until that has ended', async () => {
    const id = await aNotifiedVideo()
    const [delivery] = await deliveriesOf(id)
    await select(
      "UPDATE deliveries SET status = 'pending', due_at = ? WHERE id = ?",
      world.edges.now() + 40 * days,
      delivery?.id,
    )
    await pruneAfter(31)
    expect(await getJob(id)).toMatchObject({ pruned_at: null })
    await world.advance(9 * days)
    await wakeDelivery(delivery?.id ?? '')
    await untilDelivery(id, ({ status }) => status === 'delivered')
    await pruneAfter(0)
    expect(await getJob(id)).toMatchObject({ pruned_at: expect.any(String) })
    expect(world.caller.receivedFor(id).map(({ body }) => body)).toHaveLength(2)
  })
})

describe('after the pruning', () => {
  it('a redelivery is refused, because the body is gone, and says so', async () => {
    const id = await aPrunedVideo()
    const [delivery] = await deliveriesOf(id)
    const response = await api(`/v1/deliveries/${delivery?.id}/redeliver`, { method: 'POST' })
    await expectProblem(response, 409, 'pruned')
    expect(await deliveriesOf(id)).toMatchObject([{ status: 'delivered' }])
  })

  it('a redelivery of a period skips the deliveries of pruned jobs', async () => {
    const gone = await notifyOnce(() => new Response('go away', { status: 410 }))
    await pruneAfter(31)
    const since = '2020-01-01T00:00:00Z'
    const response = await post('/v1/deliveries/redeliver', { since })
    const { data } = await response.json<{ data: { id: string }[] }>()
    expect(data.map(({ id }) => id)).not.toContain(gone.id)
  })

  it('a retry works, and its entry on the old timeline is pruned in the next round', async () => {
    const { id } = await failVideo()
    await untilDelivered(id)
    await pruneAfter(31)
    const { pruned_at } = await getJob(id)
    expect((await retry(id)).status).toBe(202)
    expect(await timelineOf(id)).toContain('job.retried')
    await pruneAfter(1)
    expect(await timelineOf(id)).toEqual(['job.accepted', 'task.submitted', 'task.failed', 'job.failed'])
    expect(await getJob(id)).toMatchObject({ pruned_at })
  })
})
