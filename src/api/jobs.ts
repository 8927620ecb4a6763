/** /v1/jobs: accept a job, show one. */
import { createRoute, z } from '@hono/zod-openapi'
import { findJob } from '../store/jobs.ts'
import { acceptedResponses, answerPost, idempotencyHeaders } from './answer-post.ts'
import { createRouter } from './environment.ts'
import { jobRequestSchema, nameAllFaults } from './job-request.ts'
import { problem, problemResponse, tooMany, withoutKey } from './problems.ts'
import { jobSchema, viewJobs } from './views.ts'

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
    ...tooMany,
    ...acceptedResponses,
    400: problemResponse('The body is not JSON.'),
    409: problemResponse('The Idempotency-Key was used for another body.'),
    413: problemResponse('The body is larger than 1 MiB.'),
    415: problemResponse('The Content-Type is not application/json.'),
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
    return answerPost(c, await c.req.text(), async () => ({ request, retryOf: null }))
  },
  nameAllFaults,
)

jobRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const job = await findJob(context.db, c.req.valid('param').id)
  const [view] = job === null ? [] : await viewJobs(context, [job])
  return view === undefined ? problem(c, 'not_found', 'There is no such job.') : c.json(view, 200)
})
