/** POST /v1/jobs/:id/cancel: ends a job now, wherever it is. */
import { createRoute, z } from '@hono/zod-openapi'
import { cancel as cancelJob } from '../../engine/settle/cancel.ts'
import { problem, problemResponse, withoutKey, withUnaskedBody } from '../problems.ts'
import { createRouter } from '../router.ts'
import { jobSchema, viewJobs } from './view.ts'

const cancel = createRoute({
  method: 'post',
  path: '/{id}/cancel',
  summary: 'Cancel a job',
  description:
    'Ends the job at once; its job.canceled event is told like any other end. No provider lets go of a task that it has: cancellation says whether it may be made and billed all the same. Canceling a canceled job again answers the same.',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...withoutKey,
    ...withUnaskedBody,
    200: { description: 'The canceled job.', content: { 'application/json': { schema: jobSchema } } },
    404: problemResponse('There is no such job.'),
    409: problemResponse('It has succeeded or failed already (already_settled).'),
  },
})

export const cancelRoutes = createRouter().openapi(cancel, async (c) => {
  const context = c.get('context')
  const job = await cancelJob(context, c.req.valid('param').id)
  const [view] = job === null ? [] : await viewJobs(context, [job])
  if (view === undefined) return problem(c, 'not_found', 'There is no such job.')
  if (view.status === 'canceled') return c.json(view, 200)
  const why = view.fault === null ? '.' : `: ${view.fault.message}`
  return problem(c, 'already_settled', `The job ${view.status} at ${view.settled_at}${why}`)
})
