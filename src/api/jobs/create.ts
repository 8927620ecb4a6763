/** Creates a job for POST /v1/jobs and for a retry: one job for each Idempotency-Key. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { viewJob } from '../../core/job/view.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import { type ProblemResponse, problem } from '../problems.ts'
import { shardWithRoom } from '../refuse-when-full.ts'
import { json, problemResponse } from '../responses.ts'
import type { ApiEnv } from '../router.ts'
import { acceptJob, type NewJob } from './accept.ts'
import { chooseProviders } from './choose-provider.ts'
import { jobWithKey, shardsForJob } from './choose-shard.ts'
import { notAccepted } from './request.ts'
import { jobSchema, viewJobs } from './view.ts'

type C = HonoContext<ApiEnv>

export const idempotencyHeaders = z.object({ 'idempotency-key': z.string().min(1).max(255).optional() })

export const acceptedResponses = {
  202: {
    ...json('Accepted now, or earlier with the same Idempotency-Key (Idempotent-Replayed: true).', jobSchema),
    headers: z.object({ location: z.string() }),
  },
  507: problemResponse(
    'The database is almost full: nothing was accepted, and a retry helps only after room was made.',
  ),
  422: problemResponse(
    'The errors name every fault of the request, or every reason of every provider. Nothing was spent.',
  ),
}

/** `fingerprint` is what the Idempotency-Key identifies: the same key with another fingerprint is a conflict. */
export async function createJobOnce(
  c: C,
  fingerprint: string,
  load: () => Promise<NewJob | ProblemResponse>,
) {
  const context = c.get('context')
  const apiKeyId = c.get('apiKeyId')
  const key = c.req.header('idempotency-key')
  const idempotency = key === undefined ? null : { key, hash: await sha256(fingerprint) }
  const shards = await shardsForJob(context, apiKeyId, key)
  const earlier = idempotency && (await jobWithKey(context, apiKeyId, idempotency.key, shards))
  if (earlier) return replay(c, earlier, idempotency.hash)

  const shard = await shardWithRoom(c, shards)
  if (shard instanceof Response) return shard
  const newJob = await load()
  if (newJob instanceof Response) return newJob
  const choice = await chooseProviders(context, apiKeyId, newJob.request, newJob.retryOf)
  if (!choice.ok) return problem(c, choice.code, notAccepted, choice.errors)
  const job = await acceptJob(context, { apiKeyId, idempotency, shard }, newJob, choice)
  // This response needs no further read: a failing database cannot hide from the caller that the job is accepted.
  if (job !== null) return accepted(c, viewJob({ job, outputs: [], tasks: [] }, new Map()))

  // Two requests at once: the unique index chose the other one.
  const other = idempotency && (await jobWithKey(context, apiKeyId, idempotency.key, shards))
  if (!other) throw new Error('the idempotency key is taken, but no job has it')
  return replay(c, other, idempotency.hash)
}

async function replay(c: C, job: Job, hash: string) {
  if (job.idempotencyHash !== hash) {
    return problem(c, 'idempotency_conflict', 'Use a new Idempotency-Key for a different request.')
  }
  const [view] = await viewJobs(c.get('context'), [job])
  if (view === undefined) throw new Error('one job has one view')
  c.header('idempotent-replayed', 'true')
  return accepted(c, view)
}

function accepted(c: C, view: JobView) {
  c.header('location', `/v1/jobs/${view.id}`)
  return c.json(view, 202)
}
