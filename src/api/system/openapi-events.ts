/** The `webhooks` of the description: the events that callers and endpoints receive, each with an example. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { type EventType, eventTypes, isAboutOutput } from '../../core/event.ts'
import { erasureSchema, maxBodyBytes } from '../../core/event-body.ts'
import { harmlessBody } from '../../deliveries/receiver-test/send.ts'
import { jobSchema } from '../jobs/view.ts'
import type { ApiEnv } from '../router.ts'
import { exampleEvent } from './openapi-examples.ts'

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

const headers = z.object({
  'webhook-id': z.string().openapi({
    description:
      'The same for every attempt, every redelivery and every receiver of the event. Store it to process each event once.',
    example: 'evt_01m7y12e4tecwv3dvtedr424pe',
  }),
  'webhook-timestamp': z.string().openapi({
    description: 'The time of this attempt, in seconds since 1970.',
    example: '1795230349',
  }),
  'webhook-signature': z.string().openapi({
    description:
      'Signatures of Standard Webhooks, separated by spaces. v1: with the secret of the endpoint, else of the job, else of its API key. For a day after a rotation the previous secret signs too. v1a: with the key at /.well-known/webhook-keys.json.',
    example:
      'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  }),
})

const responses = {
  200: { description: 'Any 2xx: delivered.' },
  410: { description: 'The receiver wants no more attempts: the delivery fails.' },
  429: {
    description: 'Like 502, 503 and 504: retried after a longer wait, or after Retry-After.',
  },
  500: {
    description:
      'Like any other response, a redirect, or no response within 15 seconds: retried, ten attempts over about three days. With the header webhook-delivery: abort-message the delivery fails at once.',
  },
}

export function documentEvents(api: OpenAPIHono<ApiEnv>): void {
  for (const type of eventTypes) {
    const schema = z.object({
      type: z.literal(type),
      test: z.literal(true).optional().openapi({
        description: 'Only in an example that POST /v1/endpoints/{id}/test sends: nothing has happened.',
      }),
      timestamp: z.iso.datetime(),
      truncated: z
        .array(z.string())
        .optional()
        .openapi({
          description: `A body has at most ${maxBodyBytes / 1_000} KB. These paths in data are shortened or omitted; GET /v1/jobs/{id} returns them whole.`,
          example: ['request.prompt'],
        }),
      data: dataOf(type),
    })
    api.openAPIRegistry.registerWebhook({
      method: 'post',
      path: type,
      operationId: `receive${pascalCase(type)}`,
      tags: ['Webhooks'],
      summary: `The event ${type}`,
      description: meanings[type],
      security: [],
      request: {
        headers,
        body: { required: true, content: { 'application/json': { schema, example: exampleEvent(type) } } },
      },
      responses,
    })
  }
  api.openAPIRegistry.registerWebhook({
    method: 'post',
    path: 'callback.test',
    operationId: 'receiveCallbackTest',
    tags: ['Webhooks'],
    summary: 'The event callback.test',
    description: 'A test delivery of POST /v1/callbacks/test. It needs no action.',
    security: [],
    request: {
      headers,
      body: {
        required: true,
        content: { 'application/json': { schema: testSchema, example: JSON.parse(harmlessBody(0)) } },
      },
    },
    responses: {
      200: { description: 'Any 2xx: accepted. Correct for a valid delivery, and for its repetition.' },
      401: {
        description: 'Any 4xx: refused. Correct for a forged signature, and for a timestamp of an hour ago.',
      },
    },
  })
}

/** `job.succeeded` → `JobSucceeded`. */
function pascalCase(type: EventType): string {
  return type
    .split('.')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

const testSchema = z.object({
  type: z.literal('callback.test'),
  timestamp: z.iso.datetime(),
  data: z.object({ message: z.string() }),
})

function dataOf(type: EventType) {
  if (type === 'job.erased') return erasureSchema
  return isAboutOutput(type) ? jobSchema.extend({ output: jobSchema.shape.outputs.element }) : jobSchema
}
