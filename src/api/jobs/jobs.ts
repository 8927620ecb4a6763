/** /v1/jobs: accept a job, show one. */
import { createRoute, z } from '@hono/zod-openapi'
import { findJob } from '../../store/jobs/jobs.ts'
import { problem, problemResponse, withBody, withoutKey } from '../problems.ts'
import { createRouter } from '../router.ts'
import { acceptedResponses, createJobOnce, idempotencyHeaders } from './create.ts'
import { jobRequestSchema, requestFaults } from './request.ts'
import { jobSchema, viewJobs } from './view.ts'

const accept = createRoute({
  method: 'post',
  path: '/',
  summary: 'Accept a job',
  description:
    'The answer comes at once; the video comes as an event. With an Idempotency-Key, the same post is the same job: after 429, 503 or no answer at all it is safe to repeat. Without one, a post that was not answered may have been accepted.',
  request: {
    headers: idempotencyHeaders,
    body: {
      required: true,
      content: { 'application/json': { schema: jobRequestSchema } },
    },
  },
  responses: {
    ...withoutKey,
    ...acceptedResponses,
    ...withBody,
    409: problemResponse('The Idempotency-Key was used for another body.'),
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

jobRoutes.openapi(
  accept,
  async (c) => {
    const request = c.req.valid('json')
    return createJobOnce(c, await c.req.text(), async () => ({ request, retryOf: null }))
  },
  requestFaults,
)

jobRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const job = await findJob(context.db, c.req.valid('param').id)
  const [view] = job === null ? [] : await viewJobs(context, [job])
  return view === undefined ? problem(c, 'not_found', 'There is no such job.') : c.json(view, 200)
})
