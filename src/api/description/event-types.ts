/** GET /v1/event-types: the events that a callback URL or an endpoint can receive, each with an example. */
import { createRoute, z } from '@hono/zod-openapi'
import { defaultEventTypes, type EventType, eventFormats, eventTypes, nameIn } from '../../core/event.ts'
import { json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { exampleEvent } from './event-examples.ts'

export const meanings = {
  'job.generating':
    'A provider has accepted the first task of the job. Only for receivers that subscribe to it. Its id is the id of task.submitted on the timeline.',
  'output.stored':
    'One output is stored and can be downloaded: data.output. Only for receivers that subscribe to it. It is sent before the final event of the job.',
  'output.late':
    'A provider finished a video after its job had failed at its deadline, and the video is stored: data.output, with late: true. The job stays failed. Only for receivers that subscribe to it.',
  'output.exported':
    'One output is copied to the bucket that this deployment exports to: data.output.export. Only for receivers that subscribe to it. It may be sent before or after the final event of the job.',
  'job.succeeded': 'Every requested output is stored.',
  'job.failed': 'The job has ended without all of its outputs. The stored ones are kept and listed.',
  'job.canceled': 'The job was canceled.',
  'job.erased':
    'The job is erased, with its videos and all of its data. Only for receivers that subscribe to it.',
} as const satisfies Record<EventType, string>

const eventTypeSchema = z
  .object({
    type: z.enum(eventTypes),
    description: z.string(),
    default: z.boolean().openapi({
      description: 'Whether it is sent to a callback URL or an endpoint that lists no types.',
    }),
    example: z.record(z.string(), z.unknown()).openapi({ description: 'The body of a delivery.' }),
    formats: z
      .array(
        z.object({
          format: z.enum(eventFormats),
          type: z.string().openapi({ description: 'Its type in this format.', example: 'video.completed' }),
          example: z.record(z.string(), z.unknown()),
        }),
      )
      .openapi({ description: 'The other formats that have this event.' }),
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
    formats: formatsOf(type),
  }))
}

function formatsOf(type: EventType): EventTypeView['formats'] {
  return eventFormats.flatMap((format) => {
    const name = nameIn(format, type)
    if (format === 'reelhook' || name === null) return []
    return [{ format, type: name, example: { ...exampleEvent(type, format) } }]
  })
}
