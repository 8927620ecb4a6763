import { beforeEach, describe, expect, it } from 'vitest'
import { erasedKeyKeptMs, erasureWaitMs, tombstoneKeptMs } from '../../../src/core/schedule/jobs.ts'
import { draftDelivery } from '../../../src/store/deliveries/claim.ts'
import {
  commitErasures,
  deferErasures,
  dueErasures,
  finishErasures,
} from '../../../src/store/jobs/erasures.ts'
import { saveTask } from '../../../src/store/jobs/tasks.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { select } from '../../support/storage.ts'
import { aTask, db, insertedDeliveries, insertedJob, jobRow, start } from '../rows.ts'

beforeEach(async () => {
  await select('DELETE FROM jobs')
})

async function settledJob(idempotencyKey: string | null = null): Promise<string> {
  const { id } = await insertedJob({ idempotencyKey, idempotencyHash: idempotencyKey && 'hash' })
  await select("UPDATE jobs SET status = 'failed', settled_at = ?, due_at = NULL WHERE id = ?", start, id)
  await saveTask(db, aTask(id, { status: 'failed', endedAt: start }))
  return id
}

/** A settled job with a delivery. */
async function notifiedJob(status: string): Promise<string> {
  const [deliveryId = ''] = await insertedDeliveries(1, 'https://caller.test/hook')
  const [row] = await select<{ job_id: string }>('SELECT job_id FROM deliveries WHERE id = ?', deliveryId)
  const id = row?.job_id ?? ''
  await select('UPDATE deliveries SET status = ? WHERE id = ?', status, deliveryId)
  await select("UPDATE jobs SET status = 'failed', settled_at = ? WHERE id = ?", start, id)
  return id
}

function erase(jobId: string, pendingDeliveries: 'wait' | 'discard' = 'wait', isNotified = false) {
  const draft = draftDelivery(jobId, {
    endpointId: null,
    project: null,
    url: 'https://caller.test/hook',
    eventId: 'evt_erased',
    eventType: 'job.erased',
    format: 'reelhook',
    body: '{}',
  })
  const deliveries = new Map([[jobId, isNotified ? [draft] : []]])
  return commitErasures(db, { deliveries, pendingDeliveries }, start)
}

describe('erasing a job', () => {
  it('deletes every row of it but its own, and in that everything that a caller wrote but its key', async () => {
    const id = await settledJob('order-1')
    expect(await erase(id)).toBe(true)
    expect(await leftOf(id)).toEqual({ ...nothing, jobs: 1 })
    expect(await jobRow(id)).toMatchObject({
      request: '{}',
      idempotency_key: 'order-1',
      idempotency_hash: 'hash',
      erased_at: start,
      erase_at: start,
    })
  })

  it('happens once', async () => {
    const id = await settledJob()
    expect([await erase(id), await erase(id)]).toEqual([true, false])
  })

  it('does not happen before the job is settled', async () => {
    const { id } = await insertedJob()
    expect(await erase(id, 'discard')).toBe(false)
    expect(await jobRow(id)).toMatchObject({ erased_at: null, due_at: start })
  })

  it.each([
    ['pending', 'wait', false],
    ['pending', 'discard', true],
    ['delivered', 'wait', true],
    ['failed', 'wait', true],
  ] as const)('with a %s delivery, told to %s: %s', async (status, pendingDeliveries, isErased) => {
    const id = await notifiedJob(status)
    expect(await erase(id, pendingDeliveries)).toBe(isErased)
    expect(await leftOf(id)).toMatchObject({ jobs: 1, deliveries: isErased ? 0 : 1 })
  })
})

describe('the row of an erased job', () => {
  it('goes as soon as its objects are deleted, if the erasure is delivered to no one', async () => {
    const id = await settledJob()
    await erase(id)
    await finishErasures(db, [id], start)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('stays for a while with the deliveries of the erasure event, and then goes with them', async () => {
    const id = await settledJob()
    await erase(id, 'wait', true)
    await select("UPDATE deliveries SET status = 'delivered' WHERE job_id = ?", id)
    await finishErasures(db, [id], start)
    expect(await jobRow(id)).toMatchObject({ erase_at: start + tombstoneKeptMs })
    await finishErasures(db, [id], start + tombstoneKeptMs - 1)
    expect(await leftOf(id)).toEqual({ ...nothing, jobs: 1, deliveries: 1 })
    await finishErasures(db, [id], start + tombstoneKeptMs)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('stays for a day if it has an idempotency key, without a secret that nothing signs with', async () => {
    const id = await settledJob('order-2')
    await select("UPDATE jobs SET callback_secret = 'sealed', callback_headers = 'a sealed' WHERE id = ?", id)
    await erase(id)
    await finishErasures(db, [id], start)
    expect(await jobRow(id)).toMatchObject({
      idempotency_key: 'order-2',
      callback_secret: null,
      callback_headers: null,
      erase_at: start + erasedKeyKeptMs,
    })
    await finishErasures(db, [id], start + erasedKeyKeptMs - 1)
    expect(await leftOf(id)).toEqual({ ...nothing, jobs: 1 })
    await finishErasures(db, [id], start + erasedKeyKeptMs)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('keeps its secret for the deliveries of the erasure event, and loses its key before them', async () => {
    const id = await settledJob('order-3')
    await select("UPDATE jobs SET callback_secret = 'sealed' WHERE id = ?", id)
    await erase(id, 'wait', true)
    await finishErasures(db, [id], start)
    expect(await jobRow(id)).toMatchObject({ callback_secret: 'sealed', erase_at: start + erasedKeyKeptMs })
    await finishErasures(db, [id], start + erasedKeyKeptMs)
    expect(await jobRow(id)).toMatchObject({
      callback_secret: 'sealed',
      idempotency_key: null,
      erase_at: start + tombstoneKeptMs,
    })
  })

  it('stays for as long as such a delivery is pending', async () => {
    const id = await settledJob()
    await erase(id, 'wait', true)
    await finishErasures(db, [id], start + tombstoneKeptMs)
    expect(await leftOf(id)).toEqual({ ...nothing, jobs: 1, deliveries: 1 })
    expect(await jobRow(id)).toMatchObject({ erase_at: start + tombstoneKeptMs + erasureWaitMs })
  })

  it('is not deleted by mistake: a job that is not erased stays as it is', async () => {
    const id = await settledJob()
    const before = await jobRow(id)
    await finishErasures(db, [id], start)
    expect(await jobRow(id)).toEqual(before)
  })
})

describe('the erasures that are due', () => {
  it('are the longest due first, up to the limit, and a deferred one is not among them', async () => {
    const ids: string[] = []
    for (const eraseAt of [start, start - 2, start - 1, start + 1, null]) {
      const id = await settledJob()
      await select('UPDATE jobs SET erase_at = ? WHERE id = ?', eraseAt, id)
      ids.push(id)
    }
    const due = async (limit: number) => (await dueErasures(db, start, limit)).map(({ id }) => id)
    expect(await due(10)).toEqual([ids[1], ids[2], ids[0]])
    expect(await due(1)).toEqual([ids[1]])
    await deferErasures(db, [ids[1] ?? ''], start)
    await deferErasures(db, [ids[4] ?? ''], start)
    expect(await due(10)).toEqual([ids[2], ids[0]])
    // A job without an end does not get one.
    expect(await jobRow(ids[4] ?? '')).toMatchObject({ erase_at: null })
  })
})
