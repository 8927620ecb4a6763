/** /v1/jobs: accept a job, show one. */
import { createRoute, z } from '@hono/zod-openapi'
import { sees } from '../../core/access.ts'
import { maxWaitSeconds, maxWaitsPerKey } from '../../core/schedule/watch.ts'
import { findJob } from '../../store/jobs/jobs.ts'
import { problem } from '../problems.ts'
import { bodyProblems, invalidQuery, json, jsonBody, keyProblems, problemResponse } from '../responses.ts'
import { createRouter } from '../router.ts'
import { jobAfterWait } from '../waiting/job-after-wait.ts'
import { acceptedResponses, createHeaders, createJobOnce, keyConflicts } from './create.ts'
import { jobRequestSchema, requestFaults, withCallbackUrl } from './request.ts'
import { jobSchema, noSuchJob, viewJobs } from './view.ts'

const create = createRoute({
  operationId: 'createJob',
  tags: ['Jobs'],
  method: 'post',
  path: '/',
  summary: 'Create a job',
  description:
    'Returns at once, unless Prefer: wait is given; the video follows as an event. With an Idempotency-Key, the same request always means the same job, so it is safe to repeat after 429, 503 or no response. A request without one may have been accepted even if no response arrived.',
  request: {
    headers: createHeaders,
    body: jsonBody(jobRequestSchema),
  },
  responses: {
    ...keyProblems,
    ...bodyProblems,
    ...acceptedResponses,
    409: problemResponse(keyConflicts, 'idempotency_conflict', 'job_erased'),
  },
})

const show = createRoute({
  operationId: 'getJob',
  tags: ['Jobs'],
  method: 'get',
  path: '/{id}',
  summary: 'Show a job',
  description:
    'Shows the request, the status, the tasks with their cost, and the outputs with new signed links. With wait, the response comes when the job has ended, or after that time. Once the job has ended, it stays as it is until it is pruned or erased, except for late outputs and exports.',
  request: {
    params: z.object({ id: z.string() }),
    query: z.object({
      wait: z
        .string()
        .regex(/^(?:[1-9]|[1-5]\d|60)$/, `must be a whole number from 1 to ${maxWaitSeconds}`)
        .transform(Number)
        .optional()
        .openapi({
          type: 'integer',
          minimum: 1,
          maximum: maxWaitSeconds,
          description: `Seconds. A key may have ${maxWaitsPerKey} requests that wait: further ones get 429.`,
          example: 30,
        }),
    }),
  },
  responses: { ...keyProblems, ...noSuchJob, 200: json('The job.', jobSchema), 422: invalidQuery },
})

export const jobRoutes = createRouter()

jobRoutes.openapi(
  create,
  async (c) => {
    const request = c.req.valid('json')
    return createJobOnce(c, request, async () => ({
      request: withCallbackUrl(request, c.get('caller')),
      retryOf: null,
    }))
  },
  requestFaults,
)

jobRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const { id } = c.req.valid('param')
  const { wait } = c.req.valid('query')
  const caller = c.get('caller')
  const row = await findJob(context.dbOf(id), id)
  const found = row !== null && sees(caller, row) ? row : null
  const job = found === null || wait === undefined ? found : await jobAfterWait(c, found, wait)
  if (job instanceof Response) return job
  const [view] = job === null ? [] : await viewJobs(context, [job], caller)
  return view === undefined ? problem(c, 'not_found', 'There is no such job.') : c.json(view, 200)
})
