/** GET /v1/jobs/:id/events: the job's timeline. */
import { createRoute, z } from '@hono/zod-openapi'
import { readKept } from '../../core/http/json.ts'
import { eventsOf } from '../../store/events.ts'
import { findJob } from '../../store/jobs/jobs.ts'
import { problem, problemResponse, withoutKey } from '../problems.ts'
import { createRouter } from '../router.ts'

const eventSchema = z
  .object({
    id: z.string(),
    type: z.string().openapi({ example: 'task.submitted' }),
    created_at: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()).openapi({
      description: '{ "damaged": true }: what the database holds cannot be read.',
    }),
  })
  .openapi('Event')

const timeline = createRoute({
  method: 'get',
  path: '/{id}/events',
  summary: "A job's timeline, oldest first",
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...withoutKey,
    200: {
      description: 'What happened to the job.',
      content: { 'application/json': { schema: z.object({ data: z.array(eventSchema) }) } },
    },
    404: problemResponse('There is no such job.'),
  },
})

const storedData = z.record(z.string(), z.unknown())

export const eventRoutes = createRouter().openapi(timeline, async (c) => {
  const { db } = c.get('context')
  const { id } = c.req.valid('param')
  const events = await eventsOf(db, id)
  if (events.length === 0 && (await findJob(db, id)) === null)
    return problem(c, 'not_found', 'There is no such job.')
  const data = events.map((event) => ({
    id: event.id,
    type: event.type,
    created_at: new Date(event.createdAt).toISOString(),
    data: readKept(storedData, event.data) ?? { damaged: true },
  }))
  return c.json({ data }, 200)
})
