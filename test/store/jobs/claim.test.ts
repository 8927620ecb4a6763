import { describe, expect, it } from 'vitest'
import { leaseMs, soonMs } from '../../../src/core/schedule/jobs.ts'
import { claimJob, claimQueuedJob, claimWithWebhook, renewLease } from '../../../src/store/jobs/claim.ts'
import { overdueJobs } from '../../../src/store/jobs/jobs.ts'
import { saveTask } from '../../../src/store/jobs/tasks.ts'
import { journalWebhook, maxJournaled } from '../../../src/store/jobs/webhooks.ts'
import { isLeaseLost } from '../../../src/store/lease.ts'
import { select } from '../../support/storage.ts'
import { aTask, claimed, db, insertedJob, jobRow, queued, start } from '../rows.ts'

describe('claiming a job', () => {
  it('succeeds for one of ten claims at the same time', async () => {
    const { id } = await insertedJob()
    const leases = Array.from({ length: 10 }, (_, n) => `lease ${n}`)
    const claims = await Promise.all(leases.map((lease) => claimJob(db, id, lease, start)))
    const [winner, ...others] = claims.filter((claim) => claim !== null)
    expect(others).toEqual([])
    expect(await jobRow(id)).toMatchObject({ lease: winner?.job.lease, leased_until: start + leaseMs })
  })

  it('changes nothing before the job is due', async () => {
    const { id } = await insertedJob()
    const before = await jobRow(id)
    expect(await claimJob(db, id, 'a lease', start - 1)).toBeNull()
    expect(await jobRow(id)).toEqual(before)
  })

  it('changes nothing once the job is settled', async () => {
    const { id } = await insertedJob()
    await select("UPDATE jobs SET status = 'failed', due_at = NULL, settled_at = ? WHERE id = ?", start, id)
    expect(await claimJob(db, id, 'a lease', start + leaseMs)).toBeNull()
    expect(await jobRow(id)).toMatchObject({ lease: null })
  })

  it('is refused until the lease of a step that died has expired', async () => {
    const { id } = await insertedJob()
    const first = await claimed(id)
    expect(first.job.isTakenOver).toBe(false)
    expect(await claimJob(db, id, 'too soon', start + leaseMs - 1)).toBeNull()
    const second = await claimed(id, start + leaseMs)
    expect(second.job).toMatchObject({ isTakenOver: true, wasDueAt: start + leaseMs })
  })

  it('reads the tasks of that job only, in order', async () => {
    const [{ id }, { id: other }] = [await insertedJob(), await insertedJob()]
    for (const task of [aTask(id, { n: 1 }), aTask(id, { n: 0 }), aTask(other)]) await saveTask(db, task)
    const { tasks } = await claimed(id)
    expect(tasks.map(({ jobId, n }) => [jobId, n])).toEqual([
      [id, 0],
      [id, 1],
    ])
  })
})

describe('renewing a lease', () => {
  it('extends the lease of its holder', async () => {
    const { job } = await claimed((await insertedJob()).id)
    await renewLease(db, job, start + 30_000)
    expect(await jobRow(job.id)).toMatchObject({ lease: job.lease, leased_until: start + 30_000 + leaseMs })
  })

  it('fails once another step has claimed the job, and leaves that lease alone', async () => {
    const { job } = await claimed((await insertedJob()).id)
    const { job: taken } = await claimed(job.id, start + leaseMs)
    const error = await renewLease(db, job, start + leaseMs).catch((thrown: unknown) => thrown)
    expect(isLeaseLost(error)).toBe(true)
    expect(await jobRow(job.id)).toMatchObject({ lease: taken.lease, leased_until: start + 2 * leaseMs })
  })
})

describe('claiming a queued job', () => {
  it('succeeds if the job is queued and due', async () => {
    const { id } = await insertedJob()
    expect(await claimQueuedJob(db, id, 'a lease', start)).toMatchObject({ job: { id, status: 'queued' } })
    expect(await claimQueuedJob(db, id, 'a second lease', start)).toBeNull()
  })

  it.each(['generating', 'storing'])(
    'leaves a %s job as it is, and says so once it is due',
    async (status) => {
      const { id } = await insertedJob()
      await select('UPDATE jobs SET status = ? WHERE id = ?', status, id)
      const before = await jobRow(id)
      expect(await claimQueuedJob(db, id, 'a lease', start - 1)).toBeNull()
      expect(await claimQueuedJob(db, id, 'a lease', start)).toBe(status)
      expect(await jobRow(id)).toEqual(before)
    },
  )
})

describe('claiming a job with a webhook', () => {
  const aWebhook = (jobId: string, body = '{}') => ({
    jobId,
    provider: 'runware' as const,
    hash: body,
    body,
    receivedAt: start,
  })

  async function waitingJob() {
    const { id } = await insertedJob()
    await select('UPDATE jobs SET due_at = ? WHERE id = ?', start + 10 * leaseMs, id)
    return id
  }

  it('journals it and claims the job before it is due', async () => {
    const id = await waitingJob()
    const { result, claim } = await claimWithWebhook(db, aWebhook(id), 'a lease', start)
    expect(result).toBe('received')
    expect(claim).toMatchObject({
      job: { lease: 'a lease', isTakenOver: false, wasDueAt: start },
      webhooks: [{ body: '{}' }],
    })
    expect(await jobRow(id)).toMatchObject({ due_at: start, leased_until: start + leaseMs, woken_at: null })
  })

  it('that reports progress wakes a queued job, whose task it may name', async () => {
    const id = await waitingJob()
    const { claim } = await claimWithWebhook(db, { ...aWebhook(id), isProgress: true }, 'a lease', start)
    expect(claim?.webhooks).toHaveLength(1)
    await select('DELETE FROM jobs WHERE id = ?', id)
  })

  it('that reports progress is only journaled for another job', async () => {
    const id = await waitingJob()
    await select("UPDATE jobs SET status = 'generating' WHERE id = ?", id)
    const before = await jobRow(id)
    const first = await claimWithWebhook(db, { ...aWebhook(id), isProgress: true }, 'a lease', start)
    expect(first).toEqual({ result: 'received', claim: null })
    expect(await jobRow(id)).toEqual(before)
    const { claim } = await claimWithWebhook(db, aWebhook(id, 'the end'), 'a lease', start)
    expect(claim?.webhooks).toHaveLength(2)
    await select('DELETE FROM jobs WHERE id = ?', id)
  })

  it('reads its own claim when it is repeated', async () => {
    const id = await waitingJob()
    const first = await claimWithWebhook(db, aWebhook(id), 'a lease', start)
    const second = await claimWithWebhook(db, aWebhook(id), 'a lease', start)
    expect(second.claim?.webhooks).toEqual(first.claim?.webhooks)
    expect(second.claim?.job).toMatchObject({ lease: 'a lease', isTakenOver: false })
  })

  it('leaves the job to the sweep when its step crashes', async () => {
    const id = await waitingJob()
    await claimWithWebhook(db, aWebhook(id), 'a lease', start)
    expect(await overdueJobs(db, start + leaseMs - 1, 100)).not.toContainEqual(queued(id))
    expect(await overdueJobs(db, start + leaseMs, 100)).toContainEqual(queued(id))
    expect((await claimed(id, start + leaseMs)).job.isTakenOver).toBe(true)
  })

  it('wakes the job at the end of the step that holds it', async () => {
    const { job } = await claimed((await insertedJob()).id)
    const { result, claim } = await claimWithWebhook(db, aWebhook(job.id), 'a lease', start + 1)
    expect([result, claim]).toEqual(['received', null])
    expect(await jobRow(job.id)).toMatchObject({ lease: job.lease, woken_at: start + 1 })
  })

  it('claims nothing before the job is due if the webhook is repeated', async () => {
    const id = await waitingJob()
    await journalWebhook(db, aWebhook(id), start)
    await select('UPDATE jobs SET due_at = ? WHERE id = ?', start + 1, id)
    const early = await claimWithWebhook(db, aWebhook(id), 'a lease', start)
    expect([early.result, early.claim]).toEqual(['repeated', null])
    const due = await claimWithWebhook(db, aWebhook(id), 'a lease', start + 1)
    expect([due.result, due.claim?.webhooks.length]).toEqual(['repeated', 1])
  })

  it('makes the job due soon if its journal is full', async () => {
    const id = await waitingJob()
    for (let n = 0; n < maxJournaled.rows; n++) await journalWebhook(db, aWebhook(id, `{"n":${n}}`), start)
    await select('UPDATE jobs SET due_at = ? WHERE id = ?', start + 10 * leaseMs, id)
    const { result, claim } = await claimWithWebhook(db, aWebhook(id), 'a lease', start)
    expect([result, claim]).toEqual(['full', null])
    expect(await jobRow(id)).toMatchObject({ due_at: start + soonMs, lease: null })
  })

  it('only counts it after the end of the job, and knows no other job', async () => {
    const id = await waitingJob()
    await select("UPDATE jobs SET status = 'failed', due_at = NULL, settled_at = ? WHERE id = ?", start, id)
    const late = await claimWithWebhook(db, aWebhook(id), 'a lease', start)
    expect([late.result, late.claim]).toEqual(['late', null])
    expect(await jobRow(id)).toMatchObject({ late_webhooks: 1, lease: null })
    const unknown = await claimWithWebhook(db, aWebhook(`${id}x`), 'a lease', start)
    expect([unknown.result, unknown.claim]).toEqual(['unknown_job', null])
  })
})

describe('the overdue jobs', () => {
  it('are those that a step may claim now, the oldest job first, up to the limit', async () => {
    await select('UPDATE jobs SET due_at = NULL')
    const ids: string[] = []
    for (const dueAt of [start + 1, start - 2, start - 1, start]) {
      const { id } = await insertedJob()
      await select('UPDATE jobs SET due_at = ? WHERE id = ?', dueAt, id)
      ids.push(id)
    }
    const due = ids.slice(1).sort().map(queued)
    expect(await overdueJobs(db, start, 10)).toEqual(due)
    expect(await overdueJobs(db, start, 2)).toEqual(due.slice(0, 2))
    await claimed(due[0]?.id ?? '')
    expect(await overdueJobs(db, start + 1 - leaseMs, 10)).toEqual([])
    expect(await overdueJobs(db, start, 10)).toEqual(due.slice(1))
    expect(await overdueJobs(db, start + leaseMs, 10)).toContainEqual(due[0])
  })
})
