/** POST /v1/jobs/:id/cancel: ends a job at once, in any state. */
import { createRoute, z } from '@hono/zod-openapi'
import { cancel as cancelJob } from '../../engine/settle/cancel.ts'
import { problem } from '../problems.ts'
import { json, keyProblems, problemResponse, unexpectedBodyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { jobSchema, noSuchJob, viewJobs } from './view.ts'

const cancel = createRoute({
  operationId: 'cancelJob',
  tags: ['Jobs'],
  method: 'post',
  path: '/{id}/cancel',
  summary: 'Cancel a job',
  description:
    'Ends the job at once and sends job.canceled to its receivers. The field cancellation says whether a task may still run and be billed. A provider that cancels tasks (cancels in GET /v1/models) is then asked to cancel them, and the field changes when it confirms. Canceling a canceled job returns the job, and asks again.',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    ...noSuchJob,
    200: json('The canceled job.', jobSchema),
    409: problemResponse('The job has already succeeded or failed.', 'already_settled'),
  },
})

export const cancelRoutes = createRouter().openapi(cancel, async (c) => {
  const context = c.get('context')
  const caller = c.get('caller')
  const job = await cancelJob(context, c.req.valid('param').id, caller)
  const [view] = job === null ? [] : await viewJobs(context, [job], caller)
  if (view === undefined) return problem(c, 'not_found', 'There is no such job.')
  if (view.status === 'canceled') return c.json(view, 200)
  const reason = view.fault === null ? '.' : `: ${view.fault.message}`
  return problem(c, 'already_settled', `The job ${view.status} at ${view.settled_at}${reason}`)
})
