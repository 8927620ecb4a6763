/** GET /v1/jobs/:id/events: the job's timeline. */
import { createRoute, z } from '@hono/zod-openapi'
import { timelineOf } from '../../core/job/timeline.ts'
import { timelineRowsOf } from '../../store/reports/timeline.ts'
import { problem } from '../problems.ts'
import { json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { noSuchJob } from './view.ts'

const eventSchema = z
  .object({
    id: z.string(),
    type: z.string().openapi({ example: 'task.submitted' }),
    created_at: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()).openapi({
      description: '{ "damaged": true }: the stored data cannot be read.',
    }),
  })
  .openapi('Event')

const list = createRoute({
  operationId: 'listJobEvents',
  tags: ['Jobs'],
  method: 'get',
  path: '/{id}/events',
  summary: "List a job's timeline, oldest first",
  description: 'Once pruned_at of the job is set, only the entries of its tasks, outputs and end are left.',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    ...noSuchJob,
    200: json('The events of the job.', z.object({ data: z.array(eventSchema) })),
  },
})

export const eventRoutes = createRouter().openapi(list, async (c) => {
  const { dbOf } = c.get('context')
  const { id } = c.req.valid('param')
  const rows = await timelineRowsOf(dbOf(id), id)
  if (rows === null) return problem(c, 'not_found', 'There is no such job.')
  const data = timelineOf(rows).map(({ createdAt, ...entry }) => ({
    ...entry,
    created_at: new Date(createdAt).toISOString(),
  }))
  return c.json({ data }, 200)
})
