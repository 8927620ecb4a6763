/** Creates a job for POST /v1/jobs and for a retry: one job for each Idempotency-Key. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { withStoredAssets } from '../../assets/equal-assets.ts'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { differencesFrom, fingerprintOf } from '../../core/request/fingerprint.ts'
import { isDataUri, mediaOf } from '../../core/request/media.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import { erasedKeyKeptMs } from '../../core/schedule/jobs.ts'
import { maxWaitSeconds } from '../../core/schedule/watch.ts'
import { readTraceparent } from '../../core/trace.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import { budgetExceeded, isAccepting } from '../budget.ts'
import { jobFor } from '../hidden-urls.ts'
import { type ProblemResponse, problem, unavailable } from '../problems.ts'
import { shardWithRoom } from '../refuse-when-full.ts'
import { json, problemResponse } from '../responses.ts'
import type { ApiEnv } from '../router.ts'
import { afterWait } from '../waiting/after-accept.ts'
import { acceptJob } from './accept.ts'
import { chooseProviders, type NewJob } from './choose-provider.ts'
import { jobWithKey, shardsForJob } from './choose-shard.ts'
import { notAccepted } from './request.ts'
import { jobSchema, viewJobs, viewNewJob } from './view.ts'

type C = HonoContext<ApiEnv>

export const createHeaders = z.object({
  'idempotency-key': z.string().min(1).max(255).optional().openapi({
    description:
      'One for each video, chosen by you: an order number, for example. A repeated request with the same key gets the same job. Requests are compared by their values: the order of keys, white space, escapes, 5.0 for 5, a default that is spelled out and another upload of the same file make no difference. The key lives as long as its job, and 24 hours after the erasure of that job.',
    example: 'order-42',
  }),
  prefer: z
    .string()
    .optional()
    .openapi({
      description: `wait=N (RFC 7240): respond when the job has ended, or after N seconds, at most ${maxWaitSeconds}. The response has Preference-Applied if it waited. Anything else is ignored.`,
      example: 'wait=30',
    }),
  traceparent: z.string().optional().openapi({
    description: 'Your W3C trace context, for the calls to providers and the webhooks.',
    example: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  }),
})

const acceptedHeaders = z.object({
  location: z.string(),
  'preference-applied': z.string().optional().openapi({ example: 'wait=30' }),
})

export const acceptedResponses = {
  200: {
    ...json('Accepted, and ended within the time of Prefer: wait.', jobSchema),
    headers: acceptedHeaders,
  },
  202: {
    ...json('Accepted now, or earlier with the same Idempotency-Key (Idempotent-Replayed: true).', jobSchema),
    headers: acceptedHeaders,
  },
  402: problemResponse(
    'The job may cost more than what remains of the monthly budget of the API key. The member budget has the numbers. Nothing was spent.',
  ),
  507: problemResponse(
    'The database is almost full: nothing was accepted, and a retry helps only after room was made.',
  ),
  422: problemResponse(
    'The errors name every fault of the request and, if no provider can run it, every reason of every provider. Nothing was spent.',
    'invalid_request',
    'no_provider',
  ),
}

export const keyConflicts =
  'The Idempotency-Key belongs to a job that was made from a different request (idempotency_conflict; errors has the fields that differ, as far as the job shows them), or to one that was erased less than 24 hours ago (job_erased). The detail names the job. Nothing was bought.'

/** An Idempotency-Key identifies the posted request, or a retry of one job. */
type Wanted = PostedRequest | `retry ${string}`

export async function createJobOnce(c: C, wanted: Wanted, load: () => Promise<NewJob | ProblemResponse>) {
  const context = c.get('context')
  const caller = c.get('caller')
  const apiKeyId = caller.keyId
  const key = c.req.header('idempotency-key')
  const idempotency =
    key === undefined ? null : { key, wanted, hash: fingerprintIn(c) ?? (await sha256(textOf(wanted))) }
  // The insert finds a repeated request. One that is refused now may have been accepted before, so each refusal looks first.
  const shards = await shardsForJob(context, apiKeyId, key)
  const shard = await shardWithRoom(c, shards)
  if (shard instanceof Response) return (await replayEarlier(c, idempotency, shards)) ?? shard
  const newJob = await load()
  if (newJob instanceof Response) return (await replayEarlier(c, idempotency, shards)) ?? newJob
  // Media of its own are written to R2 before the row. A repeated request does not write them again. The insert finds a
  // repeated request in its own shard only, and after a budget has reserved what the job may cost.
  const isSeenFirst = hasOwnMedia(newJob) || caller.monthlyBudgetMicros !== null
  const unseen = isSeenFirst ? shards : shards.filter((other) => other !== shard)
  const earlier = await replayEarlier(c, idempotency, unseen)
  if (earlier !== null) return earlier
  const choice = await chooseProviders(context, caller, newJob, shard)
  if (!choice.ok) {
    return (
      (await replayEarlier(c, idempotency, shards)) ?? problem(c, choice.code, notAccepted, choice.errors)
    )
  }
  const traceparent = readTraceparent(c.req.header('traceparent'))
  const accepting = await acceptJob(context, { caller, idempotency, shard, traceparent }, newJob, choice)
  if ('budget' in accepting) {
    // The first post of a repeated request may have taken what was left, and its job may not be inserted yet. It is asked
    // first: a job that is inserted in between is found.
    const isUndecided = idempotency !== null && (await isAccepting(context, apiKeyId))
    const first = await replayEarlier(c, idempotency, shards)
    return first ?? (isUndecided ? unavailable(c) : budgetExceeded(c, accepting.budget))
  }
  const { job, isNew } = accepting
  if (!isNew) return replay(c, job, idempotency)
  // The response needs no further read: a failing database cannot hide from the caller that the job is accepted.
  return accepted(c, jobFor(caller, viewNewJob(job), job))
}

/** A face compares the requests of its dialect: the links and assets in the jobs that it makes of equal ones differ. */
function fingerprintIn(c: C): string | undefined {
  return c.get('isInProcess') ? c.req.header(fingerprintHeader) : undefined
}

/** Only for calls in this process. */
export const fingerprintHeader = 'x-request-fingerprint'

type Idempotency = { key: string; hash: string; wanted: Wanted } | null

function textOf(wanted: Wanted): string {
  return typeof wanted === 'string' ? wanted : fingerprintOf(wanted)
}

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
    const wanted = await withAssetsOf(c, job, idempotency?.wanted)
    const isSame = wanted !== undefined && job.idempotencyHash === (await sha256(textOf(wanted)))
    if (!isSame) return conflict(c, job, wanted)
  }
  if (job.erasedAt !== null) return erasedProblem(c, job.id, job.erasedAt)
  const [view] = await viewJobs(c.get('context'), [job], c.get('caller'))
  if (view === undefined) throw new Error('one job has one view')
  c.header('idempotent-replayed', 'true')
  return accepted(c, view)
}

/** With the assets of the job where those of the repeated request have the same bytes. */
async function withAssetsOf(c: C, { request: stored, damaged }: Job, wanted: Wanted | undefined) {
  if (typeof wanted !== 'object' || damaged.includes('request')) return wanted
  return withStoredAssets(c.get('context'), c.get('caller'), { stored, posted: wanted })
}

/** It names the job, because a caller that only takes another key buys a second video. */
function conflict(c: C, job: Job, wanted: Wanted | undefined) {
  const { id, status, erasedAt, retryOf, request, damaged } = job
  const [state, advice] = erasedAt === null ? [status, ' Use that job.'] : ['erased', '']
  const origin = retryOf === null ? 'made from a different request' : `a retry of ${retryOf}`
  const isComparable =
    typeof wanted === 'object' && erasedAt === null && retryOf === null && !damaged.includes('request')
  const paths = isComparable ? differencesFrom(request, wanted).slice(0, maxDifferences) : []
  const unseen = isComparable && paths.length === 0 ? ` ${unseenDifference}` : ''
  const detail = `This Idempotency-Key belongs to ${id} (${state}), ${origin}. Nothing was bought now.${advice} Only if this is meant to be another video, which is paid for as well, send it with another key.${unseen}`
  const message = `differs from the request of ${id}`
  return problem(
    c,
    'idempotency_conflict',
    detail,
    paths.length === 0 ? undefined : paths.map((path) => ({ path, message })),
  )
}

// More would not help: provider_options can have a thousand entries.
const maxDifferences = 100

const unseenDifference =
  'The difference is in what the job does not show: callback_secret, callback_headers, embedded media, or a field that a setting has filled in.'

function erasedProblem(c: C, id: string, erasedAt: number) {
  const freeAt = new Date(erasedAt + erasedKeyKeptMs).toISOString()
  const detail = `This Idempotency-Key belongs to ${id}, which was erased at ${new Date(erasedAt).toISOString()}. Nothing was bought now. The key is free from ${freeAt} on: after that, the same request makes a new video.`
  return problem(c, 'job_erased', detail)
}

async function accepted(c: C, job: JobView) {
  c.header('location', `/v1/jobs/${job.id}`)
  const { view, hasEnded } = await afterWait(c, job)
  return hasEnded ? c.json(view, 200) : c.json(view, 202)
}
