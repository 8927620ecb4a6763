/** A job that is shown when it has ended, or when the time is over. */
import type { Context as HonoContext } from 'hono'
import { isSettled } from '../../core/job/job.ts'
import { findJob, type Job } from '../../store/jobs/jobs.ts'
import type { ProblemResponse } from '../problems.ts'
import type { ApiEnv } from '../router.ts'
import { enter, tooManyWait } from './clients.ts'
import { waitForEnd } from './wait-for-end.ts'

/** Null: it was erased meanwhile. */
export async function jobAfterWait(
  c: HonoContext<ApiEnv>,
  job: Job,
  seconds: number,
): Promise<Job | ProblemResponse | null> {
  const context = c.get('context')
  if (isSettled(job.status)) return job
  const client = enter(context, { kind: 'wait', keyId: c.get('caller').keyId, jobId: job.id })
  if (client === null) return tooManyWait(c, 'wait')
  const waited = await waitForEnd(context, client, seconds, c.req.raw.signal)
  return waited === 'left' ? job : findJob(context.dbOf(job.id), job.id)
}
