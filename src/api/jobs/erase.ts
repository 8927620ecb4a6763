/** DELETE /v1/jobs/:id: erases an ended job with everything that belongs to it. */
import { createRoute, z } from '@hono/zod-openapi'
import { erase as eraseJob } from '../../engine/upkeep/erase.ts'
import { problem } from '../problems.ts'
import { invalidQuery, keyProblems, problemResponse, unexpectedBodyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { noSuchJob } from './view.ts'

const erase = createRoute({
  operationId: 'eraseJob',
  tags: ['Jobs'],
  method: 'delete',
  path: '/{id}',
  summary: 'Erase a job',
  description:
    'Erases a job that has ended: its request, tasks, cost, videos, timeline, the webhooks of its providers, and its deliveries with their attempts. Receivers that subscribe to job.erased are notified, with the hashes of the videos. Until the cache in front of the Worker is purged, normally within a minute, a signed link may still open a copy in it.',
  request: {
    params: z.object({ id: z.string() }),
    query: z.object({
      force: z.enum(['true', 'false']).default('false').openapi({
        description:
          'true: erase it even if deliveries are pending, also those that the key does not see, to endpoints without a project. They are never sent.',
      }),
    }),
  },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    ...noSuchJob,
    204: { description: 'Erased.' },
    409: problemResponse('The job has not ended, or has pending deliveries.', 'not_settled', 'undelivered'),
    422: invalidQuery,
  },
})

export const eraseRoutes = createRouter().openapi(erase, async (c) => {
  const pendingDeliveries = c.req.valid('query').force === 'true' ? 'discard' : 'wait'
  const { project } = c.get('caller')
  const order = { reason: 'request', pendingDeliveries, project } as const
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
        'Its callback URL or an endpoint has not received every event yet. Wait, or add ?force=true.',
      )
  }
})
