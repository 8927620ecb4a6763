/** A crash of the local runtime while it has work. */
import { expect, it } from 'vitest'
import { leaseMs } from '../../../src/core/schedule/jobs.ts'
import { crash } from './crash.ts'

it('every caller is notified soon after a kill and a restart, and each video is bought once', async () => {
  const jobs = 24
  const after = await crash({ folder: '.wrangler/crash-test', jobs, killAt: 8, timeoutMs: 60_000 })
  expect(after).toMatchObject({ notified: jobs, bills: jobs, billedJobs: jobs })
  // Without the resumption, the last ones wait for the end of a lease.
  expect(after.lastAfterMs).toBeLessThan(leaseMs / 2)
}, 180_000)
