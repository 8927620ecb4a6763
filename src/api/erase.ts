/** DELETE /v1/jobs/:id: erases a settled job, and everything that is kept of it. */
import { createRoute, z } from '@hono/zod-openapi'
import { isSettled } from '../core/job.ts'
import { removeAllBut } from '../media/remove.ts'
import { isTellingDue } from '../store/deliveries.ts'
import { eraseJob, findJob } from '../store/jobs.ts'
import { createRouter } from './environment.ts'
import { problem, problemResponse, withoutKey } from './problems.ts'

const erase = createRoute({
  method: 'delete',
  path: '/{id}',
  summary: 'Erase a job',
  description:
    'Erases a job that has ended: its request, its tasks, its videos, what providers posted of it, its timeline, and its deliveries with their attempts. What it cost is erased with it.',
  request: {
    params: z.object({ id: z.string() }),
    query: z.object({
      force: z.enum(['true', 'false']).default('false').openapi({
        description:
          'true: also when its caller, or an endpoint, has still to be told something, and never will be.',
      }),
    }),
  },
  responses: {
    ...withoutKey,
    204: { description: 'Erased.' },
    404: problemResponse('There is no such job (any more).'),
    409: problemResponse(
      'It has not ended (not_settled), or somebody has still to be told of it (not_told).',
    ),
    422: problemResponse('Every fault of the query.'),
  },
})

export const eraseRoutes = createRouter().openapi(erase, async (c) => {
  const { db, bucket, forget, log } = c.get('context')
  const { id } = c.req.valid('param')
  const job = await findJob(db, id)
  if (job === null) return problem(c, 'not_found', 'There is no such job.')
  if (!isSettled(job.status)) return problem(c, 'not_settled', 'The job has not ended yet. Cancel it first.')
  if (c.req.valid('query').force === 'false' && (await isTellingDue(db, id))) {
    return problem(
      c,
      'not_told',
      'Its callback URL, or an endpoint, has not taken every event yet. Wait, or add ?force=true.',
    )
  }
  // Objects first: whoever dies in between leaves rows, by which the next DELETE finds what is left.
  await removeAllBut(bucket, `jobs/${id}/`)
  await forget(id)
  await eraseJob(db, id)
  log('job.erased', { job_id: id })
  return c.body(null, 204)
})
