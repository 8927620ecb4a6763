/** The response to a request that created a job and prefers to wait for its end. */
import type { Context as HonoContext } from 'hono'
import { isSettled } from '../../core/job/job.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { describeError } from '../../log.ts'
import { findJob } from '../../store/jobs/jobs.ts'
import { viewJobs } from '../jobs/view.ts'
import type { ApiEnv } from '../router.ts'
import { enter } from './clients.ts'
import { preferredWait } from './preference.ts'
import { type Waited, waitForEnd } from './wait-for-end.ts'

/**
 * The job as it is after the wait, and whether its end was waited for and has come. The job is accepted: whatever fails from
 * here on, the response is what is known of it. A client that is one too many does not wait, and its job is accepted even so.
 */
export async function afterWait(
  c: HonoContext<ApiEnv>,
  accepted: JobView,
): Promise<{ view: JobView; hasEnded: boolean }> {
  const context = c.get('context')
  const seconds = preferredWait(c.req.header('prefer'))
  if (seconds === null) return { view: accepted, hasEnded: false }
  const jobId = accepted.id
  const client = enter(context, { kind: 'wait', keyId: c.get('caller').keyId, jobId })
  if (client === null) return { view: accepted, hasEnded: false }
  c.header('preference-applied', `wait=${seconds}`)
  const waited = await waitForEnd(context, client, isSettled(accepted.status) ? 0 : seconds, c.req.raw.signal)
  const view = isSettled(accepted.status) ? accepted : await viewAfter(c, accepted, waited)
  return { view, hasEnded: isSettled(view.status) }
}

async function viewAfter(c: HonoContext<ApiEnv>, accepted: JobView, waited: Waited): Promise<JobView> {
  if (waited === 'unknown' || waited === 'left') return accepted
  const context = c.get('context')
  try {
    const job = await findJob(context.dbOf(accepted.id), accepted.id)
    const [view] = job === null ? [] : await viewJobs(context, [job], c.get('caller'))
    return view ?? accepted
  } catch (error) {
    context.log('watch.failed', { job_id: accepted.id, error: describeError(error) })
    return accepted
  }
}
