/** Creates a job for POST /v1/jobs and for a retry: one job for each Idempotency-Key. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { viewJob } from '../../core/job/view.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { isDataUri, mediaOf } from '../../core/request/media.ts'
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
  const caller = c.get('caller')
  const apiKeyId = caller.keyId
  const key = c.req.header('idempotency-key')
  const idempotency = key === undefined ? null : { key, hash: await sha256(fingerprint) }
  // The insert finds a repeated request. One that is refused now may have been accepted before, so each refusal looks first.
  const shards = await shardsForJob(context, apiKeyId, key)
  const shard = await shardWithRoom(c, shards)
  if (shard instanceof Response) return (await replayEarlier(c, idempotency, shards)) ?? shard
  const newJob = await load()
  if (newJob instanceof Response) return (await replayEarlier(c, idempotency, shards)) ?? newJob
  // Media of its own are written to R2 before the row. A repeated request does not write them again. The insert finds a
  // repeated request in its own shard only.
  const unseen = hasOwnMedia(newJob) ? shards : shards.filter((other) => other !== shard)
  const earlier = await replayEarlier(c, idempotency, unseen)
  if (earlier !== null) return earlier
  const choice = await chooseProviders(context, apiKeyId, newJob.request, newJob.retryOf)
  if (!choice.ok) {
    return (
      (await replayEarlier(c, idempotency, shards)) ?? problem(c, choice.code, notAccepted, choice.errors)
    )
  }
  const { job, isNew } = await acceptJob(context, { caller, idempotency, shard }, newJob, choice)
  if (!isNew) return replay(c, job, idempotency)
  // This response needs no further read: a failing database cannot hide from the caller that the job is accepted.
  return accepted(c, viewJob({ job, outputs: [], tasks: [] }, new Map()))
}

type Idempotency = { key: string; hash: string } | null

/** Null: none of these shards has a job with the key. */
async function replayEarlier(c: C, idempotency: Idempotency, shards: readonly number[]) {
  if (idempotency === null) return null
  const earlier = await jobWithKey(c.get('context'), c.get('caller').keyId, idempotency.key, shards)
  return earlier === null ? null : replay(c, earlier, idempotency)
}

function hasOwnMedia({ request, retryOf }: NewJob): boolean {
  return retryOf !== null || mediaOf(request).some(({ value }) => isDataUri(value))
}

async function replay(c: C, job: Job, idempotency: Idempotency) {
  if (job.idempotencyHash !== idempotency?.hash) {
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
