/** GET /v1/event-types: the events that a callback URL or an endpoint can receive, each with an example. */
import { createRoute, z } from '@hono/zod-openapi'
import { defaultEventTypes, type EventType, eventTypes } from '../../core/event.ts'
import { json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { meanings } from './openapi-events.ts'
import { exampleEvent } from './openapi-examples.ts'

const eventTypeSchema = z
  .object({
    type: z.enum(eventTypes),
    description: z.string(),
    default: z.boolean().openapi({
      description: 'Whether it is sent to a callback URL or an endpoint that lists no types.',
    }),
    example: z.record(z.string(), z.unknown()).openapi({ description: 'The body of a delivery.' }),
  })
  .openapi('EventType')

export type EventTypeView = z.infer<typeof eventTypeSchema>

const list = createRoute({
  operationId: 'listEventTypes',
  tags: ['Endpoints'],
  method: 'get',
  path: '/',
  summary: 'List the event types',
  description: 'Each with what it means, and an example of its body.',
  responses: {
    ...keyProblems,
    200: json('All event types.', z.object({ data: z.array(eventTypeSchema) })),
  },
})

export const eventTypeRoutes = createRouter().openapi(list, (c) => c.json({ data: viewEventTypes() }, 200))

export function viewEventTypes(): EventTypeView[] {
  const defaults: readonly EventType[] = defaultEventTypes
  return eventTypes.map((type) => ({
    type,
    description: meanings[type],
    default: defaults.includes(type),
    example: { ...exampleEvent(type) },
  }))
}
