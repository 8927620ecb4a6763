/** GET /v1/jobs/:id/events: the job's timeline. */
import { createRoute, z } from '@hono/zod-openapi'
import { readStored } from '../../core/http/json.ts'
import { eventsOf } from '../../store/events.ts'
import { findJob } from '../../store/jobs/jobs.ts'
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
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    ...noSuchJob,
    200: json('The events of the job.', z.object({ data: z.array(eventSchema) })),
  },
})

const storedData = z.record(z.string(), z.unknown())

export const eventRoutes = createRouter().openapi(list, async (c) => {
  const { db } = c.get('context')
  const { id } = c.req.valid('param')
  const events = await eventsOf(db, id)
  if (events.length === 0 && (await findJob(db, id)) === null)
    return problem(c, 'not_found', 'There is no such job.')
  const data = events.map((event) => ({
    id: event.id,
    type: event.type,
    created_at: new Date(event.createdAt).toISOString(),
    data: readStored(storedData, event.data) ?? { damaged: true },
  }))
  return c.json({ data }, 200)
})
