/** The local runtime resumes the rows of the last process when it starts. */
import { expect, it } from 'vitest'
import { maxAttemptsPerHost } from '../../../src/core/schedule/deliveries.ts'
import { exportLeaseMs, leaseMs } from '../../../src/core/schedule/jobs.ts'
import { resume } from '../../../src/dev/runtime/resume.ts'
import { claimDelivery, overdueDeliveries } from '../../../src/store/deliveries/claim.ts'
import { insertExports, overdueExports } from '../../../src/store/exports/exports.ts'
import { claimJob, renewLease } from '../../../src/store/jobs/claim.ts'
import { releaseLease } from '../../../src/store/jobs/commit.ts'
import { overdueJobs } from '../../../src/store/jobs/jobs.ts'
import { overdueLateChecks } from '../../../src/store/late/late-checks.ts'
import { isLeaseLost } from '../../../src/store/lease.ts'
import { aHostName, claimed, db, insertedDeliveries, insertedJob, start } from '../../store/rows.ts'
import { select } from '../../support/storage.ts'

const minutes = 60_000

async function isDue(jobId: string): Promise<boolean> {
  return (await overdueJobs(db, start, 1_000)).some(({ id }) => id === jobId)
}

it('a job whose step ended with its process is due at once', async () => {
  const { job } = await claimed((await insertedJob()).id)
  expect(await isDue(job.id)).toBe(false)
  await resume(db, start)
  expect(await isDue(job.id)).toBe(true)
  expect(await claimJob(db, job.id, 'a lease of the new process', start)).not.toBeNull()
})

it('the lost step cannot commit any more', async () => {
  const { job } = await claimed((await insertedJob()).id)
  await resume(db, start)
  const error = await renewLease(db, job, start).catch((thrown: unknown) => thrown)
  expect(isLeaseLost(error)).toBe(true)
})

it('a job that waits for its first poll is due at once, and one that is due later is not', async () => {
  const [{ job: polled }, { job: later }] = [
    await claimed((await insertedJob()).id),
    await claimed((await insertedJob()).id),
  ]
  await releaseLease(db, polled, 4 * minutes, start)
  await releaseLease(db, later, 30 * minutes, start)
  await resume(db, start)
  expect([await isDue(polled.id), await isDue(later.id)]).toEqual([true, false])
})

it('attempts that ended with their process leave their places at the host', async () => {
  const ids = await insertedDeliveries(maxAttemptsPerHost + 1, `https://${aHostName()}/hook`)
  for (const id of ids) await claimDelivery(db, id, crypto.randomUUID(), start)
  expect(await overdueDeliveries(db, start, 1_000)).not.toEqual(expect.arrayContaining(ids.slice(1)))
  await resume(db, start)
  expect(await overdueDeliveries(db, start, 1_000)).toEqual(expect.arrayContaining(ids))
})

it('a delivery that is planned for later keeps its time', async () => {
  const [id = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`)
  await select('UPDATE deliveries SET due_at = ? WHERE id = ?', start + leaseMs + 1, id)
  await resume(db, start)
  expect(await overdueDeliveries(db, start + leaseMs, 1_000)).not.toContain(id)
})

it('late checks and exports that ended with their process are due at once', async () => {
  const { id } = await insertedJob()
  await select('INSERT INTO late_checks VALUES (?, ?, ?, ?, NULL)', id, start, 'a lease', start + leaseMs)
  await insertExports(db, [{ jobId: id, n: 0 }], start)[0]
  await select("UPDATE exports SET lease = 'a lease', due_at = ? WHERE job_id = ?", start + exportLeaseMs, id)
  expect(await overdueLateChecks(db, start, 1_000)).not.toContain(id)
  await resume(db, start)
  expect(await overdueLateChecks(db, start, 1_000)).toContain(id)
  expect(await overdueExports(db, start, 1_000)).toContainEqual({ jobId: id, n: 0 })
})
