/** The `webhooks` of the description: what is sent to callers and endpoints, each with a whole example. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { type EventType, eventTypes } from '../../core/event.ts'
import { erasureSchema, maxBodyBytes } from '../../core/event-body.ts'
import { harmlessBody } from '../../deliveries/receiver-test/send.ts'
import { jobSchema } from '../jobs/view.ts'
import type { ApiEnv } from '../router.ts'
import { exampleOf } from './openapi-examples.ts'

const meanings = {
  'job.generating':
    'A provider has taken the first task of the job. Sent only where it is asked for; its id is that of task.submitted on the timeline.',
  'output.stored':
    'One output is stored and can be fetched; data.output is that one. Sent only where it is asked for, before the event of the end.',
  'job.succeeded': 'Every output that was asked for is stored.',
  'job.failed': 'The job has ended without all of its outputs. Those that were stored are kept and listed.',
  'job.canceled': 'The job was canceled.',
  'job.erased':
    'The job, its videos and everything that was kept of it are gone. Sent only where it is asked for.',
} as const satisfies Record<EventType, string>

const headers = z.object({
  'webhook-id': z.string().openapi({
    description:
      'The same on every attempt, every redelivery and at every receiver: remember it to take each event once.',
    example: 'evt_01m7y12e4tecwv3dvtedr424pe',
  }),
  'webhook-timestamp': z.string().openapi({
    description: 'Of this attempt, in seconds since 1970.',
    example: '1795230349',
  }),
  'webhook-signature': z.string().openapi({
    description:
      "By Standard Webhooks, several with a space between. v1: by the endpoint's secret, else the job's own, else that of its API key, and for a day after a rotation by the one before too. v1a: by the key at /.well-known/webhook-keys.json.",
    example:
      'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  }),
})

const responses = {
  200: { description: 'Any 2xx: taken.' },
  410: { description: 'Not wanted any more: the delivery is given up.' },
  429: {
    description: 'As 502, 503 and 504: tried again after a longer wait, with Retry-After when it says.',
  },
  500: {
    description:
      'As any other answer, a redirect, or none within 15 seconds: tried again, ten times over about three days. With the header webhook-delivery: abort-message, given up.',
  },
}

export function documentEvents(api: OpenAPIHono<ApiEnv>): void {
  for (const type of eventTypes) {
    const schema = z.object({
      type: z.literal(type),
      timestamp: z.iso.datetime(),
      truncated: z
        .array(z.string())
        .optional()
        .openapi({
          description: `A body has at most ${maxBodyBytes / 1_000} KB. What had to be shortened or left out of data, by its path; the job shows it whole.`,
          example: ['request.prompt'],
        }),
      data: dataOf(type),
    })
    api.openAPIRegistry.registerWebhook({
      method: 'post',
      path: type,
      summary: meanings[type],
      security: [],
      request: {
        headers,
        body: { required: true, content: { 'application/json': { schema, example: exampleOf(type) } } },
      },
      responses,
    })
  }
  api.openAPIRegistry.registerWebhook({
    method: 'post',
    path: 'callback.test',
    summary: 'POST /v1/callbacks/test sends it. It means nothing.',
    security: [],
    request: {
      headers,
      body: {
        required: true,
        content: { 'application/json': { schema: testSchema, example: JSON.parse(harmlessBody(0)) } },
      },
    },
    responses: {
      200: { description: 'Any 2xx: accepted. Right for a valid delivery, and for the same one again.' },
      401: { description: 'Any 4xx: refused. Right for a forged signature, and for one of an hour ago.' },
    },
  })
}

const testSchema = z.object({
  type: z.literal('callback.test'),
  timestamp: z.iso.datetime(),
  data: z.object({ message: z.string() }),
})

function dataOf(type: EventType) {
  if (type === 'job.erased') return erasureSchema
  return type === 'output.stored' ? jobSchema.extend({ output: jobSchema.shape.outputs.element }) : jobSchema
}
