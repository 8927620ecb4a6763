import { describe, expect, it } from 'vitest'
import { leaseMs } from '../../../src/core/schedule/jobs.ts'
import { draftDelivery } from '../../../src/store/deliveries/claim.ts'
import { draftEvent } from '../../../src/store/events.ts'
import { commitStep } from '../../../src/store/jobs/commit.ts'
import { isTaskTaken } from '../../../src/store/jobs/tasks.ts'
import { journalWebhook } from '../../../src/store/jobs/webhooks.ts'
import { isLeaseLost } from '../../../src/store/lease.ts'
import { countRows, select } from '../../support/storage.ts'
import { aTask, claimed, db, fails, insertedJob, jobRow, noLimits, start, waits } from '../rows.ts'

const waitMs = 20_000

function everyKindOfRow(jobId: string) {
  return {
    tasks: [aTask(jobId)],
    events: [draftEvent('job.generating', {}, start)],
    deliveries: [
      draftDelivery(jobId, {
        endpointId: null,
        project: null,
        url: 'https://caller.test/hook',
        eventId: 'evt_1',
        eventType: 'job.failed',
        format: 'reelhook',
        body: '{}',
      }),
    ],
  }
}

async function rowsOf(jobId: string) {
  return {
    tasks: await countRows('tasks', 'job_id = ?', jobId),
    events: await countRows('events', 'job_id = ?', jobId),
    deliveries: await countRows('deliveries', 'job_id = ?', jobId),
  }
}

describe('the commit of a step', () => {
  it('writes its rows, releases the lease and sets the next due time', async () => {
    const claim = await claimed((await insertedJob()).id)
    const { id } = claim.job
    const committed = await commitStep(db, claim, waits(waitMs, everyKindOfRow(id)), {
      limits: noLimits,
      nowMs: start,
    })
    expect(committed).toMatchObject({ state: 'released', dueAt: start + waitMs })
    expect(await jobRow(id)).toMatchObject({ status: 'generating', lease: null, due_at: start + waitMs })
    expect(await rowsOf(id)).toEqual({ tasks: 1, events: 1, deliveries: 1 })
  })

  it('writes nothing at all if it ends a job whose status its holder does not know', async () => {
    const claim = await claimed((await insertedJob()).id)
    const { id } = claim.job
    // As after a commit that D1 has done, and whose answer was lost.
    await select("UPDATE jobs SET status = 'generating' WHERE id = ?", id)
    const commit = commitStep(db, claim, fails(everyKindOfRow(id)), { limits: noLimits, nowMs: start })
    expect(isLeaseLost(await commit.catch((thrown: unknown) => thrown))).toBe(true)
    expect(await jobRow(id)).toMatchObject({ status: 'generating', settled_at: null })
    expect(await rowsOf(id)).toEqual({ tasks: 0, events: 0, deliveries: 0 })
  })

  it('writes nothing at all once another step has claimed the job', async () => {
    const claim = await claimed((await insertedJob()).id)
    const { id } = claim.job
    await claimed(id, start + leaseMs)
    const before = await jobRow(id)
    const commit = commitStep(db, claim, fails(everyKindOfRow(id)), {
      limits: noLimits,
      nowMs: start + leaseMs,
    })
    expect(isLeaseLost(await commit.catch((thrown: unknown) => thrown))).toBe(true)
    expect(await jobRow(id)).toEqual(before)
    expect(await rowsOf(id)).toEqual({ tasks: 0, events: 0, deliveries: 0 })
  })

  it('writes nothing a second time, because the first has released the lease', async () => {
    const claim = await claimed((await insertedJob()).id)
    await commitStep(db, claim, waits(waitMs), { limits: noLimits, nowMs: start })
    const again = commitStep(db, claim, fails(), { limits: noLimits, nowMs: start })
    expect(isLeaseLost(await again.catch((thrown: unknown) => thrown))).toBe(true)
    expect(await jobRow(claim.job.id)).toMatchObject({ status: 'generating', settled_at: null })
  })

  it('writes nothing if one of its rows is refused: a provider task that another job has', async () => {
    const held = await claimed((await insertedJob()).id)
    const submitted = { status: 'submitted' as const, providerTaskId: 'task-1' }
    await commitStep(db, held, waits(waitMs, { tasks: [aTask(held.job.id, submitted)] }), {
      limits: noLimits,
      nowMs: start,
    })
    const claim = await claimed((await insertedJob()).id)
    const step = waits(waitMs, { ...everyKindOfRow(claim.job.id), tasks: [aTask(claim.job.id, submitted)] })
    const error = await commitStep(db, claim, step, { limits: noLimits, nowMs: start }).catch(
      (thrown: unknown) => thrown,
    )
    expect(isTaskTaken(error)).toBe(true)
    expect(await rowsOf(claim.job.id)).toEqual({ tasks: 0, events: 0, deliveries: 0 })
    expect(await jobRow(claim.job.id)).toMatchObject({ status: 'queued', lease: claim.job.lease })
  })

  it('makes the job due at once if a webhook was received during the step', async () => {
    const claim = await claimed((await insertedJob()).id)
    const webhook = {
      jobId: claim.job.id,
      provider: 'runware' as const,
      hash: 'hash',
      body: '{}',
      receivedAt: start + 1,
    }
    await journalWebhook(db, webhook, start + 1)
    // The step keeps its lease in the meantime.
    expect(await jobRow(claim.job.id)).toMatchObject({
      lease: claim.job.lease,
      leased_until: start + leaseMs,
    })
    const committed = await commitStep(db, claim, waits(waitMs), { limits: noLimits, nowMs: start + 2 })
    expect(committed).toMatchObject({ state: 'released', dueAt: start + 2 })
  })

  it('forgets at the next claim that the job was woken', async () => {
    const claim = await claimed((await insertedJob()).id)
    const webhook = { provider: 'runware' as const, hash: 'hash', body: '{}', receivedAt: start + 1 }
    await journalWebhook(db, { ...webhook, jobId: claim.job.id }, start + 1)
    await commitStep(db, claim, waits(waitMs), { limits: noLimits, nowMs: start + 2 })
    const next = await claimed(claim.job.id, start + 2)
    const committed = await commitStep(db, next, waits(waitMs), { limits: noLimits, nowMs: start + 3 })
    expect(committed).toMatchObject({ state: 'released', dueAt: start + 3 + waitMs })
  })

  it('keeps the lease if the next step follows now', async () => {
    const claim = await claimed((await insertedJob()).id)
    const step = { ...waits(0), status: 'generating' as const, next: 'now' as const }
    expect(await commitStep(db, claim, step, { limits: noLimits, nowMs: start })).toMatchObject({
      state: 'held',
    })
    expect(await jobRow(claim.job.id)).toMatchObject({ status: 'generating', lease: claim.job.lease })
  })

  it('ends the job: no lease, never due again, and with a time of erasure', async () => {
    const { request } = await insertedJob()
    const { id } = await insertedJob({ request: { ...request, retention_days: 2 } })
    expect(
      await commitStep(db, await claimed(id), fails(), { limits: noLimits, nowMs: start }),
    ).toMatchObject({
      state: 'settled',
    })
    expect(await jobRow(id)).toMatchObject({
      status: 'failed',
      lease: null,
      leased_until: null,
      due_at: null,
      settled_at: start,
      erase_at: start + 2 * 24 * 60 * 60_000,
    })
  })
})
