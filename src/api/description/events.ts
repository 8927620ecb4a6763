/** The `webhooks` of the description: the events that callers and endpoints receive, each with an example. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import {
  defaultEventTypes,
  type EventFormat,
  type EventType,
  eventTypes,
  isAboutOutput,
  nameIn,
} from '../../core/event.ts'
import { erasureSchema, maxBodyBytes } from '../../core/event-body.ts'
import { openrouterVideoSchema } from '../../core/event-formats/openrouter.ts'
import { harmlessBody } from '../../deliveries/receiver-test/send.ts'
import { jobSchema } from '../jobs/view.ts'
import type { ApiEnv } from '../router.ts'
import { exampleEvent } from './event-examples.ts'
import { meanings } from './event-types.ts'

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

const openrouterHeaders = headers.extend({
  'x-openrouter-signature': z.string().openapi({
    description:
      'In hex, HMAC-SHA256 of "<t>,<body>" for each secret, the newest first. Its key is the text of the secret as it is shown, with whsec_, in UTF-8: nothing is decoded.',
    example: 't=1795230349,v1=1f0c5f2d0b9a7e61c8d34b7f9e83a2650b1c6d7e8f90a1b2c3d4e5f607182939',
  }),
  'x-openrouter-idempotency-key': z.string().openapi({
    description:
      'The id of the job and its status: the same for every attempt and every redelivery. In a test of a callback URL it is the webhook-id.',
    example: 'job_01m7y129hgecwv3drza7xse4qt-completed',
  }),
})

const test = z.literal(true).optional().openapi({
  description: 'Only in an example that POST /v1/endpoints/{id}/test sends: nothing has happened.',
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
    const name = pascalCase(type)
    const schema = z
      .object({
        type: z.literal(type),
        test,
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
      .openapi(`${name}Event`)
    api.openAPIRegistry.registerWebhook({
      method: 'post',
      path: type,
      operationId: `receive${name}`,
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
  documentFormat(api, 'openai', {
    headers,
    bodyOf: (type) =>
      z.object({
        id: z.string().openapi({ description: 'The webhook-id.' }),
        object: z.literal('event'),
        created_at: z.int().openapi({ description: 'Seconds since 1970.' }),
        type: z.literal(type),
        test,
        data: z.object({ id: z.string().openapi({ description: 'The id of the job.' }) }),
      }),
  })
  documentFormat(api, 'openrouter', {
    headers: openrouterHeaders,
    bodyOf: (type) =>
      z.object({ type: z.literal(type), test, created_at: z.iso.datetime(), data: openrouterVideoSchema }),
  })
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
        content: {
          'application/json': { schema: testSchema, example: JSON.parse(harmlessBody('reelhook', '', 0)) },
        },
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

/** The events of another format: one for each of its types. */
function documentFormat(
  api: OpenAPIHono<ApiEnv>,
  format: EventFormat,
  shape: { headers: typeof headers; bodyOf: (type: string) => z.ZodType },
): void {
  const names = Map.groupBy(defaultEventTypes, (type) => nameIn(format, type) ?? type)
  for (const [name, [type = 'job.succeeded', ...others]] of names) {
    const content = { schema: shape.bodyOf(name), example: exampleEvent(type, format) }
    api.openAPIRegistry.registerWebhook({
      method: 'post',
      path: name,
      operationId: `receive${pascalCase(name)}`,
      tags: ['Webhooks'],
      summary: `The event ${[type, ...others].join(' or ')} in the format ${format}`,
      description: `Only for receivers with the format ${format}. ${[type, ...others].map((one) => meanings[one]).join(' Or: ')}`,
      security: [],
      request: {
        headers: shape.headers,
        body: { required: true, content: { 'application/json': content } },
      },
      responses,
    })
  }
}

/** `job.succeeded` → `JobSucceeded`. */
function pascalCase(type: string): string {
  return type
    .split('.')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

const testFields = { type: z.literal('callback.test'), data: z.object({ message: z.string() }) }
const testSchema = z
  .union([
    z.object({ ...testFields, timestamp: z.iso.datetime() }),
    z
      .object({ ...testFields, id: z.string(), object: z.literal('event'), created_at: z.int() })
      .openapi({ description: 'In the format openai.' }),
    z
      .object({ ...testFields, created_at: z.iso.datetime() })
      .openapi({ description: 'In the format openrouter, with its headers.' }),
  ])
  .openapi('CallbackTestEvent')

function dataOf(type: EventType) {
  if (type === 'job.erased') return erasureSchema
  return isAboutOutput(type) ? jobSchema.extend({ output: jobSchema.shape.outputs.element }) : jobSchema
}
