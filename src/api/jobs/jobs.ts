/** /v1/jobs: accept a job, show one. */
import { createRoute, z } from '@hono/zod-openapi'
import { findJob } from '../../store/jobs/jobs.ts'
import { problem } from '../problems.ts'
import { bodyProblems, json, jsonBody, keyProblems, problemResponse } from '../responses.ts'
import { createRouter } from '../router.ts'
import { acceptedResponses, createJobOnce, idempotencyHeaders } from './create.ts'
import { jobRequestSchema, requestFaults } from './request.ts'
import { jobSchema, noSuchJob, viewJobs } from './view.ts'

const create = createRoute({
  operationId: 'createJob',
  tags: ['Jobs'],
  method: 'post',
  path: '/',
  summary: 'Create a job',
  description:
    'Returns at once; the video follows as an event. With an Idempotency-Key, the same request always means the same job, so it is safe to repeat after 429, 503 or no response. A request without one may have been accepted even if no response arrived.',
  request: {
    headers: idempotencyHeaders,
    body: jsonBody(jobRequestSchema),
  },
  responses: {
    ...keyProblems,
    ...acceptedResponses,
    ...bodyProblems,
    409: problemResponse('The Idempotency-Key was used for a different request.'),
  },
})

const show = createRoute({
  operationId: 'getJob',
  tags: ['Jobs'],
  method: 'get',
  path: '/{id}',
  summary: 'Show a job',
  request: { params: z.object({ id: z.string() }) },
  responses: { ...keyProblems, ...noSuchJob, 200: json('The job.', jobSchema) },
})

export const jobRoutes = createRouter()

jobRoutes.openapi(
  create,
  async (c) => {
    const request = c.req.valid('json')
    return createJobOnce(c, await c.req.text(), async () => ({ request, retryOf: null }))
  },
  requestFaults,
)

jobRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const { id } = c.req.valid('param')
  const job = await findJob(context.dbOf(id), id)
  const [view] = job === null ? [] : await viewJobs(context, [job])
  return view === undefined ? problem(c, 'not_found', 'There is no such job.') : c.json(view, 200)
})
