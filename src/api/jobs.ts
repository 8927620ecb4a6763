/** /v1/jobs: accept a job, show one, list them. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { jobStatuses } from '../core/job.ts'
import { sha256 } from '../core/keys.ts'
import { models, providerNames, requestSchema } from '../core/request.ts'
import { jobViewSchema } from '../core/view.ts'
import { findJob, findJobByIdempotencyKey, type Job, listJobs } from '../store/jobs.ts'
import { acceptJob, assess } from './accept.ts'
import { type ApiEnv, createRouter } from './environment.ts'
import { problem, problemResponse } from './problems.ts'
import { viewJobs } from './views.ts'

// Described first: only a schema made after the OpenAPI extension can be named.
const jobSchema = jobViewSchema.describe('A job as its caller sees it.').openapi('Job')
const jobRequestSchema = requestSchema.describe('What is to be made.').openapi('JobRequest')
const maxBodyBytes = 1024 * 1024
const nothingSpent = 'Nothing was accepted or spent. Correct what errors names.'

const accept = createRoute({
  method: 'post',
  path: '/',
  summary: 'Accept a job',
  description:
    'The answer comes at once; the video comes as an event. With an Idempotency-Key, the same post is the same job.',
  request: {
    headers: z.object({ 'idempotency-key': z.string().min(1).max(255).optional() }),
    body: {
      required: true,
      content: { 'application/json': { schema: jobRequestSchema } },
    },
  },
  responses: {
    202: {
      description: 'Accepted, or accepted before under the same Idempotency-Key (Idempotent-Replayed: true).',
      content: { 'application/json': { schema: jobSchema } },
    },
    400: problemResponse('The body is not JSON.'),
    401: problemResponse('No valid API key.'),
    409: problemResponse('The Idempotency-Key was used for another body.'),
    413: problemResponse('The body is larger than 1 MiB.'),
    422: problemResponse('Every fault of the request, or every reason of every provider. Nothing was spent.'),
  },
})

const show = createRoute({
  method: 'get',
  path: '/{id}',
  summary: 'Show a job',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: { description: 'The job.', content: { 'application/json': { schema: jobSchema } } },
    404: problemResponse('There is no such job.'),
  },
})

const list = createRoute({
  method: 'get',
  path: '/',
  summary: 'List jobs, newest first',
  description:
    'Filter by metadata with metadata[key]=value. A page may be short, even empty, and still have a next_cursor: it looks through a bounded number of jobs.',
  request: {
    query: z.object({
      status: z.enum(jobStatuses).optional(),
      provider: z.enum(providerNames).optional(),
      model: z.enum(models).optional(),
      created_after: z.iso.datetime({ offset: true }).optional(),
      created_before: z.iso.datetime({ offset: true }).optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
      cursor: z
        .string()
        .regex(/^job_[0-9a-z]{26}$/, 'must be a next_cursor')
        .optional(),
    }),
  },
  responses: {
    200: {
      description: 'A page of jobs.',
      content: {
        'application/json': {
          schema: z.object({ data: z.array(jobSchema), next_cursor: z.string().nullable() }),
        },
      },
    },
    422: problemResponse('Every fault of the query.'),
  },
})

export const jobRoutes = createRouter()

jobRoutes.post('/', bodyLimit({ maxSize: maxBodyBytes, onError: bodyTooLarge }))

jobRoutes.openapi(accept, async (c) => {
  const context = c.get('context')
  const apiKeyId = c.get('apiKeyId')
  const request = c.req.valid('json')
  const key = c.req.valid('header')['idempotency-key']
  const idempotency = key === undefined ? null : { key, hash: await sha256(await c.req.text()) }
  const earlier = idempotency && (await findJobByIdempotencyKey(context.db, apiKeyId, idempotency.key))
  if (earlier) return replay(c, earlier, idempotency.hash)

  const assessment = assess(context, apiKeyId, request)
  if (!assessment.ok) return problem(c, assessment.code, nothingSpent, assessment.errors)
  const job = await acceptJob(context, { apiKeyId, idempotency }, request, assessment)
  if (job !== null) return answerAccepted(c, job)

  // Two posts at once: the unique index chose the other one.
  const other = idempotency && (await findJobByIdempotencyKey(context.db, apiKeyId, idempotency.key))
  if (!other) throw new Error('an idempotency key was taken by no job')
  return replay(c, other, idempotency.hash)
})

jobRoutes.openapi(list, async (c) => {
  const context = c.get('context')
  const { created_after, created_before, limit, cursor, ...filter } = c.req.valid('query')
  const page = await listJobs(
    context.db,
    {
      ...filter,
      createdAfterMs: created_after === undefined ? undefined : Date.parse(created_after),
      createdBeforeMs: created_before === undefined ? undefined : Date.parse(created_before),
      metadata: metadataFilter(c.req.query()),
    },
    cursor ?? null,
    limit,
  )
  return c.json({ data: await viewJobs(context, page.jobs), next_cursor: page.next }, 200)
})

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
  c.header('idempotent-replayed', 'true')
  return answerAccepted(c, job)
}

async function answerAccepted(c: HonoContext<ApiEnv>, job: Job) {
  const [view] = await viewJobs(c.get('context'), [job])
  if (view === undefined) throw new Error('one job has one view')
  c.header('location', `/v1/jobs/${job.id}`)
  return c.json(view, 202)
}

/** `metadata[order]=42` → `{ order: '42' }`. */
function metadataFilter(query: Record<string, string>): Record<string, string> {
  const entries = Object.entries(query).flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1]
    return key === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(entries)
}

function bodyTooLarge(c: HonoContext) {
  return problem(c, 'too_large', 'A body has at most 1 MiB. Give media by URL.')
}
