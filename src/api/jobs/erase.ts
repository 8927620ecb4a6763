/** DELETE /v1/jobs/:id: erases a settled job, and everything that is kept of it. */
import { createRoute, z } from '@hono/zod-openapi'
import { erase as eraseJob } from '../../engine/upkeep/erase.ts'
import { problem, problemResponse, withoutKey, withUnaskedBody } from '../problems.ts'
import { createRouter } from '../router.ts'

const erase = createRoute({
  method: 'delete',
  path: '/{id}',
  summary: 'Erase a job',
  description:
    'Erases a job that has ended: its request, its tasks, its videos, what providers posted of it, its timeline, and its deliveries with their attempts. What it cost is erased with it. Whoever asked for job.erased is told, with the hashes of the videos.',
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
    ...withUnaskedBody,
    204: { description: 'Erased.' },
    404: problemResponse('There is no such job (any more).'),
    409: problemResponse(
      'It has not ended (not_settled), or somebody has still to be told of it (undelivered).',
    ),
    422: problemResponse('Every fault of the query.'),
  },
})

export const eraseRoutes = createRouter().openapi(erase, async (c) => {
  const pendingDeliveries = c.req.valid('query').force === 'true' ? 'discard' : 'wait'
  const order = { reason: 'request', pendingDeliveries } as const
  switch (await eraseJob(c.get('context'), c.req.valid('param').id, order)) {
    case 'erased':
      return c.body(null, 204)
    case 'gone':
      return problem(c, 'not_found', 'There is no such job.')
    case 'not_settled':
      return problem(c, 'not_settled', 'The job has not ended yet. Cancel it first.')
    case 'undelivered':
      return problem(
        c,
        'undelivered',
        'Its callback URL, or an endpoint, has not taken every event yet. Wait, or add ?force=true.',
      )
  }
})
