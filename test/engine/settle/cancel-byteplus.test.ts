/** Canceled jobs at BytePlus, which cancels queued tasks and erases the record of an ended one when asked to delete it. */
import { describe, expect, it } from 'vitest'
import {
  api,
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  sweep,
  untilJob,
  untilStatus,
} from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

const cancelJob = (id: string) => api(`/v1/jobs/${id}/cancel`, { method: 'POST' })

const deletions = () => world.simulator.log().filter(({ what }) => what === 'task.deleted')

describe('a canceled job at BytePlus', () => {
  it('has its queued task canceled, which is not billed', async () => {
    const { id } = await postJob({ provider: 'byteplus' })
    await untilStatus(id, 'generating')
    await cancelJob(id)
    const job = await untilJob(id, ({ cancellation }) => cancellation?.may_still_be_billed === false)
    expect(job).toMatchObject({
      status: 'canceled',
      tasks: [{ status: 'failed', fault: { code: 'canceled' } }],
    })
    expect(billsFor(id)).toMatchObject([{ billedUsd: 0 }])
    expect(deletions()).toHaveLength(1)
  })

  it.each([
    ['is being made', 1_000],
    ['has ended', 60_000],
  ])('deletes nothing of a task that %s', async (_, ms) => {
    const before = deletions().length
    const { id } = await postJob({ provider: 'byteplus', prompt: 'A boat sim(webhook=lost)' })
    await untilStatus(id, 'generating')
    await world.advance(ms)
    await cancelJob(id)
    await world.advance(600_000)
    await sweep()
    expect(deletions()).toHaveLength(before)
    expect(await getJob(id)).toMatchObject({ status: 'canceled' })
    expect(billsFor(id)[0]?.billedUsd).toBeGreaterThan(0)
    await passTimeUntil(id, ({ status }) => status === 'canceled')
  })
})
