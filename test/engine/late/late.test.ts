/** A video that its provider finishes after the job's deadline. */

import { describe, expect, it } from 'vitest'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { aJobOutOfTime, expectLateOutputs, openChecks, untilChecked } from '../../support/late.ts'
import { api, billsFor, getJob, sweep, timelineOf, untilJob, untilNotified } from '../../support/reelhook.ts'
import { objectKeys } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000

async function sweepAfter(ms: number): Promise<void> {
  await world.advance(ms)
  await sweep()
}

const isHeld = (id: string) => async () => (await openChecks(id)).some(({ lease }) => lease !== null)

function eventsOf(id: string): string[] {
  return world.caller.receivedFor(id).map(({ body }) => JSON.parse(body).type)
}

describe.each(['runware', 'crun'])('a webhook of %s after the deadline', (provider) => {
  it('brings the video: it is stored as late, and the job stays failed', async () => {
    const id = await aJobOutOfTime(provider)
    const before = await getJob(id)
    await world.advance(10 * minutes)
    const job = await untilChecked(id)
    await expectLateOutputs(id, job)
    expect(job).toMatchObject({
      settled_at: before.settled_at,
      fault: before.fault,
      outputs: [{ unconfirmed: false }],
    })
    expect(job.tasks).toMatchObject([{ status: 'succeeded', completed_via: 'webhook', fault: null }])
    expect(job.cost).not.toBeNull()
    await untilNotified(id, 2)
    expect(eventsOf(id)).toEqual(['job.failed', 'output.late'])
    const { data } = JSON.parse(world.caller.receivedFor(id)[1]?.body ?? '')
    expect(data).toMatchObject({ id, status: 'failed', output: { n: 0, late: true } })
    expect((await api(new URL(data.output.url).pathname + new URL(data.output.url).search)).status).toBe(200)
    expect(await timelineOf(id)).toEqual([
      'job.accepted',
      'task.submitted',
      'task.failed',
      'job.failed',
      'webhook.received',
      'task.succeeded',
      'output.late',
    ])
    expect(billsFor(id)).toHaveLength(1)
  })

  it('counts once if it arrives several times at once', async () => {
    const id = await aJobOutOfTime(provider, 'webhook=tripled')
    await world.advance(10 * minutes)
    await expectLateOutputs(id, await untilChecked(id))
    await untilNotified(id, 2)
    await sweepAfter(1 * minutes)
    expect(eventsOf(id)).toEqual(['job.failed', 'output.late'])
  })

  it('records only the end and the cost of a task that failed', async () => {
    const id = await aJobOutOfTime(provider, 'fail=moderated')
    await world.advance(10 * minutes)
    const job = await untilJob(id, ({ tasks }) => tasks[0]?.fault?.code === 'moderated')
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'deadline_exceeded' }, outputs: [] })
    await expect.poll(() => openChecks(id)).toEqual([])
    expect((await timelineOf(id)).filter((type) => type === 'task.failed')).toHaveLength(2)
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })
})

describe.each(sellerNames)('a video of %s whose webhook is lost', (provider) => {
  it('is found by a question', async () => {
    const id = await aJobOutOfTime(provider, 'webhook=lost')
    await sweepAfter(5 * minutes)
    await sweepAfter(55 * minutes)
    const job = await untilChecked(id)
    await expectLateOutputs(id, job)
    expect(job.tasks).toMatchObject([{ status: 'succeeded', completed_via: 'poll' }])
    await untilNotified(id, 2)
    expect(eventsOf(id)).toEqual(['job.failed', 'output.late'])
  })
})

describe('a job that failed at its deadline', () => {
  it('is asked about four times, and no more', async () => {
    const id = await aJobOutOfTime('runware', 'webhook=lost, seconds=90000')
    const asked = () =>
      world.logs.filter(({ event, fields }) => event === 'task.polled' && fields.job_id === id).length
    const before = asked()
    for (const [index, waitMs] of [5, 55, 5 * 60, 18 * 60].entries()) {
      await sweepAfter((waitMs - 1) * minutes)
      await sweepAfter(1 * minutes)
      await expect.poll(() => asked() - before, { timeout: 60_000 }).toBe(index + 1)
      await expect.poll(isHeld(id)).toBe(false)
    }
    await sweepAfter(60 * minutes)
    expect(await openChecks(id)).toEqual([])
    expect(asked() - before).toBe(4)
    expect((await getJob(id)).tasks).toMatchObject([
      { status: 'failed', fault: { code: 'deadline_exceeded' } },
    ])
  })

  it('gets four outputs, each once', async () => {
    const id = await aJobOutOfTime('runware', 'apart=5', { count: 4 })
    await world.advance(11 * minutes)
    await expectLateOutputs(id, await untilChecked(id, 4))
    await untilNotified(id, 5)
    const events = eventsOf(id)
    expect(events.filter((type) => type === 'output.late')).toHaveLength(4)
    expect((await timelineOf(id)).filter((type) => type === 'output.late')).toHaveLength(4)
  })

  it('sends no event to a caller that does not ask for it', async () => {
    const id = await aJobOutOfTime('runware', '', { callback_events: undefined })
    await world.advance(10 * minutes)
    await untilChecked(id)
    await sweepAfter(1 * minutes)
    expect(eventsOf(id)).toEqual(['job.failed'])
  })
})
