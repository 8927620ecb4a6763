import { beforeEach, describe, expect, it } from 'vitest'
import type { DueJob } from '../../../src/core/job/job.ts'
import { leaseMs } from '../../../src/core/schedule/jobs.ts'
import type { Claim } from '../../../src/store/jobs/claim.ts'
import { commitStep } from '../../../src/store/jobs/commit.ts'
import { isLeaseLost } from '../../../src/store/lease.ts'
import { acquireSlot, cleanUpSlots } from '../../../src/store/slots/slots.ts'
import { countRows, select } from '../../support/storage.ts'
import {
  aTask,
  claimed,
  db,
  fails,
  insertedJob,
  jobRow,
  noLimits,
  queued,
  start,
  waitsForSlot,
} from '../rows.ts'

const waitMs = 60 * 60_000

beforeEach(async () => {
  await select('DELETE FROM slots')
  await select('DELETE FROM waits')
})

const limitOf = (runware: number) => ({ ...noLimits, runware })
const slotOf = (n = 0) => ({ provider: 'runware' as const, n })

/** Claims of new jobs, the oldest first. */
async function claims(count: number): Promise<Claim[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) ids.push((await insertedJob()).id)
  const claimsInOrder: Claim[] = []
  for (const id of ids.sort()) claimsInOrder.push(await claimed(id))
  return claimsInOrder
}

/** Its step ends without a slot: the job waits for one. */
async function wait(claim: Claim, limit: number): Promise<DueJob[]> {
  return (await commitStep(db, claim, waitsForSlot(waitMs), { limits: limitOf(limit), nowMs: start })).woken
}

async function acquire({ job }: Claim, limit: number, nowMs = start) {
  return acquireSlot(db, job, slotOf(), { limits: limitOf(limit), nowMs })
}

async function end(claim: Claim, limit: number): Promise<DueJob[]> {
  const task = aTask(claim.job.id, { status: 'failed', endedAt: start })
  return (await commitStep(db, claim, fails({ tasks: [task] }), { limits: limitOf(limit), nowMs: start }))
    .woken
}

describe('the slots of a provider', () => {
  it('are never more than the limit, however many jobs ask at once', async () => {
    const results = await Promise.all((await claims(10)).map((claim) => acquire(claim, 3)))
    expect(results.filter(({ isHeld }) => isHeld)).toHaveLength(3)
    expect(await countRows('slots')).toBe(3)
  })

  it('are taken once by a task that asks again', async () => {
    const [claim] = await claims(1)
    if (claim === undefined) throw new Error('there is one claim')
    await Promise.all([acquire(claim, 2), acquire(claim, 2)])
    expect((await acquire(claim, 1)).isHeld).toBe(true)
    expect(await countRows('slots')).toBe(1)
  })

  it('are not counted without a limit', async () => {
    const [claim] = await claims(1)
    if (claim === undefined) throw new Error('there is one claim')
    expect(await acquireSlot(db, claim.job, slotOf(), { limits: noLimits, nowMs: start })).toEqual({
      isHeld: true,
      woken: [],
    })
    expect(await countRows('slots')).toBe(0)
  })

  it('are not given to a step that has lost its lease', async () => {
    const [claim] = await claims(1)
    if (claim === undefined) throw new Error('there is one claim')
    await claimed(claim.job.id, start + leaseMs)
    const error = await acquire(claim, 3, start + leaseMs).catch((thrown: unknown) => thrown)
    expect(isLeaseLost(error)).toBe(true)
    expect(await countRows('slots')).toBe(0)
  })
})

describe('a slot that becomes free', () => {
  it('wakes the job that has waited longest, and no other', async () => {
    const [holder, oldest, younger] = await claims(3)
    if (!holder || !oldest || !younger) throw new Error('there are three claims')
    await acquire(holder, 1)
    for (const claim of [younger, oldest]) {
      expect((await acquire(claim, 1)).isHeld).toBe(false)
      expect(await wait(claim, 1)).toEqual([])
    }
    expect(await end(holder, 1)).toEqual([queued(oldest.job.id)])
    expect(await jobRow(oldest.job.id)).toMatchObject({ due_at: start })
    expect(await jobRow(younger.job.id)).toMatchObject({ due_at: start + waitMs })
  })

  it('is kept for the job that has waited longest: a younger one does not get it', async () => {
    const [holder, oldest, younger] = await claims(3)
    if (!holder || !oldest || !younger) throw new Error('there are three claims')
    await acquire(holder, 1)
    await wait(oldest, 1)
    await end(holder, 1)
    expect((await acquire(younger, 1)).isHeld).toBe(false)
    const woken = await claimed(oldest.job.id)
    expect((await acquire(woken, 1)).isHeld).toBe(true)
    expect(await countRows('waits')).toBe(0)
  })

  it('is passed on by a waiting job that ends', async () => {
    const [holder, oldest, younger] = await claims(3)
    if (!holder || !oldest || !younger) throw new Error('there are three claims')
    await acquire(holder, 1)
    for (const claim of [oldest, younger]) await wait(claim, 1)
    await end(holder, 1)
    expect(await end(await claimed(oldest.job.id), 1)).toEqual([queued(younger.job.id)])
  })
})

describe('cleaning up slots', () => {
  it('frees the slots of jobs that have ended, and wakes the waiting jobs', async () => {
    const [holder, ended, waiting] = await claims(3)
    if (!holder || !ended || !waiting) throw new Error('there are three claims')
    await acquire(holder, 1)
    for (const claim of [ended, waiting]) await wait(claim, 1)
    // As other limits, or none, left them.
    for (const { job } of [holder, ended]) {
      await select('UPDATE jobs SET settled_at = ?, due_at = NULL, lease = NULL WHERE id = ?', start, job.id)
    }
    await cleanUpSlots(db, limitOf(1), start)
    expect(await countRows('slots')).toBe(0)
    expect(await select('SELECT job_id FROM waits')).toEqual([{ job_id: waiting.job.id }])
    expect(await jobRow(waiting.job.id)).toMatchObject({ due_at: start })
  })

  it('keeps the slot of a task that runs', async () => {
    const [holder] = await claims(1)
    if (holder === undefined) throw new Error('there is one claim')
    await acquire(holder, 1)
    await cleanUpSlots(db, limitOf(1), start)
    expect(await countRows('slots')).toBe(1)
  })
})
