/** What every post that makes a job has in common: one job for one Idempotency-Key, assessed, accepted, answered. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { type JobView, viewJob } from '../../core/job-view.ts'
import { findJobByIdempotencyKey, type Job } from '../../store/jobs/jobs.ts'
import { type ProblemResponse, problem, problemResponse } from '../problems.ts'
import type { ApiEnv } from '../router.ts'
import { acceptJob, type Posted } from './accept.ts'
import { chooseProviders } from './choose-provider.ts'
import { nothingSpent } from './request.ts'
import { jobSchema, viewJobs } from './view.ts'

type C = HonoContext<ApiEnv>

export const idempotencyHeaders = z.object({ 'idempotency-key': z.string().min(1).max(255).optional() })

export const acceptedResponses = {
  202: {
    description: 'Accepted, or accepted before under the same Idempotency-Key (Idempotent-Replayed: true).',
    headers: z.object({ location: z.string() }),
    content: { 'application/json': { schema: jobSchema } },
  },
  422: problemResponse('Every fault of the request, or every reason of every provider. Nothing was spent.'),
}

/** `said` is all that the Idempotency-Key stands for: under the same key, anything else is a conflict. */
export async function createJobOnce(c: C, said: string, read: () => Promise<Posted | ProblemResponse>) {
  const context = c.get('context')
  const apiKeyId = c.get('apiKeyId')
  const key = c.req.header('idempotency-key')
  const idempotency = key === undefined ? null : { key, hash: await sha256(said) }
  const earlier = idempotency && (await findJobByIdempotencyKey(context.db, apiKeyId, idempotency.key))
  if (earlier) return replay(c, earlier, idempotency.hash)

  const posted = await read()
  if (posted instanceof Response) return posted
  const assessment = await chooseProviders(context, apiKeyId, posted.request, posted.retryOf)
  if (!assessment.ok) return problem(c, assessment.code, nothingSpent, assessment.errors)
  const job = await acceptJob(context, { apiKeyId, idempotency }, posted, assessment)
  // Nothing is read any more: whatever happens to the database from here on, the caller knows that it is accepted.
  if (job !== null) return answerAccepted(c, viewJob({ job, outputs: [], tasks: [] }, new Map()))

  // Two posts at once: the unique index chose the other one.
  const other = idempotency && (await findJobByIdempotencyKey(context.db, apiKeyId, idempotency.key))
  if (!other) throw new Error('an idempotency key was taken by no job')
  return replay(c, other, idempotency.hash)
}

async function replay(c: C, job: Job, hash: string) {
  if (job.idempotencyHash !== hash) {
    return problem(c, 'idempotency_conflict', 'Use a new Idempotency-Key for another request.')
  }
  const [view] = await viewJobs(c.get('context'), [job])
  if (view === undefined) throw new Error('one job has one view')
  c.header('idempotent-replayed', 'true')
  return answerAccepted(c, view)
}

function answerAccepted(c: C, view: JobView) {
  c.header('location', `/v1/jobs/${view.id}`)
  return c.json(view, 202)
}
