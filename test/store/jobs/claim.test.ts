import { describe, expect, it } from 'vitest'
import { leaseMs } from '../../../src/core/schedule.ts'
import { claimJob, claimQueuedJob, renewLease } from '../../../src/store/jobs/claim.ts'
import { overdueJobs } from '../../../src/store/jobs/jobs.ts'
import { saveTask } from '../../../src/store/jobs/tasks.ts'
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
    expect(await jobRow(id)).toMatchObject({ lease: winner?.job.lease, due_at: start + leaseMs })
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
    expect(await jobRow(job.id)).toMatchObject({ lease: job.lease, due_at: start + 30_000 + leaseMs })
  })

  it('fails once another step has claimed the job, and leaves that lease alone', async () => {
    const { job } = await claimed((await insertedJob()).id)
    const { job: taken } = await claimed(job.id, start + leaseMs)
    const error = await renewLease(db, job, start + leaseMs).catch((thrown: unknown) => thrown)
    expect(isLeaseLost(error)).toBe(true)
    expect(await jobRow(job.id)).toMatchObject({ lease: taken.lease, due_at: start + 2 * leaseMs })
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

describe('the overdue jobs', () => {
  it('are those due by now, the longest overdue first, up to the limit', async () => {
    await select('UPDATE jobs SET due_at = NULL')
    const ids: string[] = []
    for (const dueAt of [start + 1, start - 2, start - 1, start]) {
      const { id } = await insertedJob()
      await select('UPDATE jobs SET due_at = ? WHERE id = ?', dueAt, id)
      ids.push(id)
    }
    expect(await overdueJobs(db, start, 10)).toEqual([ids[1], ids[2], ids[3]].map(queued))
    expect(await overdueJobs(db, start, 2)).toEqual([ids[1], ids[2]].map(queued))
  })
})
