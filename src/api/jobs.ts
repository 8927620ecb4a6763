/** /v1/jobs: accept a job, show one. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { sha256 } from '../core/keys.ts'
import { type JobView, viewJob } from '../core/view.ts'
import { findJob, findJobByIdempotencyKey, type Job } from '../store/jobs.ts'
import { acceptJob } from './accept.ts'
import { assess } from './assess.ts'
import { type ApiEnv, createRouter } from './environment.ts'
import { jobRequestSchema, nameAllFaults, nothingSpent } from './job-request.ts'
import { problem, problemResponse, tooMany, withoutKey } from './problems.ts'
import { jobSchema, viewJobs } from './views.ts'

const maxBodyBytes = 1024 * 1024

const accept = createRoute({
  method: 'post',
  path: '/',
  summary: 'Accept a job',
  description:
    'The answer comes at once; the video comes as an event. With an Idempotency-Key, the same post is the same job: after 429, 503 or no answer at all it is safe to repeat. Without one, a post that was not answered may have been accepted.',
  request: {
    headers: z.object({ 'idempotency-key': z.string().min(1).max(255).optional() }),
    body: {
      required: true,
      content: { 'application/json': { schema: jobRequestSchema } },
    },
  },
  responses: {
    ...withoutKey,
    ...tooMany,
    202: {
      description: 'Accepted, or accepted before under the same Idempotency-Key (Idempotent-Replayed: true).',
      content: { 'application/json': { schema: jobSchema } },
    },
    400: problemResponse('The body is not JSON.'),
    409: problemResponse('The Idempotency-Key was used for another body.'),
    413: problemResponse('The body is larger than 1 MiB.'),
    415: problemResponse('The Content-Type is not application/json.'),
    422: problemResponse('Every fault of the request, or every reason of every provider. Nothing was spent.'),
  },
})

const show = createRoute({
  method: 'get',
  path: '/{id}',
  summary: 'Show a job',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...withoutKey,
    200: { description: 'The job.', content: { 'application/json': { schema: jobSchema } } },
    404: problemResponse('There is no such job.'),
  },
})

export const jobRoutes = createRouter()

jobRoutes.post('/', bodyLimit({ maxSize: maxBodyBytes, onError: bodyTooLarge }))

jobRoutes.openapi(
  accept,
  async (c) => {
    const context = c.get('context')
    const apiKeyId = c.get('apiKeyId')
    const request = c.req.valid('json')
    const key = c.req.valid('header')['idempotency-key']
    const idempotency = key === undefined ? null : { key, hash: await sha256(await c.req.text()) }
    const earlier = idempotency && (await findJobByIdempotencyKey(context.db, apiKeyId, idempotency.key))
    if (earlier) return replay(c, earlier, idempotency.hash)

    const assessment = await assess(context, apiKeyId, request)
    if (!assessment.ok) return problem(c, assessment.code, nothingSpent, assessment.errors)
    const job = await acceptJob(context, { apiKeyId, idempotency }, request, assessment)
    // Nothing is read any more: whatever happens to the database from here on, the caller knows that it is accepted.
    if (job !== null) return answerAccepted(c, viewJob({ job, outputs: [], tasks: [] }, new Map()))

    // Two posts at once: the unique index chose the other one.
    const other = idempotency && (await findJobByIdempotencyKey(context.db, apiKeyId, idempotency.key))
    if (!other) throw new Error('an idempotency key was taken by no job')
    return replay(c, other, idempotency.hash)
  },
  nameAllFaults,
)

jobRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const job = await findJob(context.db, c.req.valid('param').id)
  const [view] = job === null ? [] : await viewJobs(context, [job])
  return view === undefined ? problem(c, 'not_found', 'There is no such job.') : c.json(view, 200)
})

async function replay(c: HonoContext<ApiEnv>, job: Job, hash: string) {
  if (job.idempotencyHash !== hash) {
    return problem(c, 'idempotency_conflict', 'Use a new Idempotency-Key for another request.')
  }
  const [view] = await viewJobs(c.get('context'), [job])
  if (view === undefined) throw new Error('one job has one view')
  c.header('idempotent-replayed', 'true')
  return answerAccepted(c, view)
}

function answerAccepted(c: HonoContext<ApiEnv>, view: JobView) {
  c.header('location', `/v1/jobs/${view.id}`)
  return c.json(view, 202)
}

function bodyTooLarge(c: HonoContext) {
  return problem(c, 'too_large', 'A body has at most 1 MiB. Give media by URL.')
}
