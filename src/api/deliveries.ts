/** /v1/deliveries: what a job's caller was told, attempt by attempt. */
import { createRoute, z } from '@hono/zod-openapi'
import { deliveryReasonNames, deliveryStatuses } from '../core/delivery.ts'
import { eventTypes } from '../core/event.ts'
import { attemptsOfAll, deliveriesOf } from '../store/delivery-log.ts'
import { createRouter } from './environment.ts'
import { problemResponse, withoutKey } from './problems.ts'

const attemptSchema = z.object({
  n: z.int(),
  started_at: z.iso.datetime(),
  duration_ms: z.int(),
  status: z.int().nullable().openapi({ description: 'The HTTP status; null when no answer came.' }),
  error: z.string().nullable(),
  answer: z.string().nullable().openapi({ description: 'The first kilobyte of the answer.' }),
})

const deliverySchema = z
  .object({
    id: z.string(),
    job_id: z.string(),
    event_id: z.string().openapi({ description: 'The webhook-id of every attempt.' }),
    event_type: z.enum(eventTypes),
    url: z.string(),
    status: z.enum(deliveryStatuses),
    reason: z.enum(deliveryReasonNames).nullable(),
    endpoint_id: z.string().nullable(),
    attempt_count: z.int(),
    next_attempt_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    attempts: z.array(attemptSchema),
  })
  .openapi('Delivery')

const list = createRoute({
  method: 'get',
  path: '/',
  summary: "A job's deliveries with every attempt",
  request: { query: z.object({ job_id: z.string() }) },
  responses: {
    ...withoutKey,
    200: {
      description: 'The deliveries, oldest first.',
      content: { 'application/json': { schema: z.object({ data: z.array(deliverySchema) }) } },
    },
    422: problemResponse('Every fault of the query.'),
  },
})

export const deliveryRoutes = createRouter().openapi(list, async (c) => {
  const { db } = c.get('context')
  const deliveries = await deliveriesOf(db, c.req.valid('query').job_id)
  const attempts = await attemptsOfAll(
    db,
    deliveries.map(({ id }) => id),
  )
  const data = deliveries.map((delivery) => ({
    id: delivery.id,
    job_id: delivery.jobId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    url: delivery.url,
    status: delivery.status,
    reason: delivery.reason,
    endpoint_id: delivery.endpointId,
    attempt_count: delivery.attempts,
    next_attempt_at: delivery.dueAt === null ? null : new Date(delivery.dueAt).toISOString(),
    created_at: new Date(delivery.createdAt).toISOString(),
    attempts: (attempts.get(delivery.id) ?? []).map((attempt) => ({
      n: attempt.n,
      started_at: new Date(attempt.startedAt).toISOString(),
      duration_ms: attempt.durationMs,
      status: attempt.status,
      error: attempt.error,
      answer: attempt.answer,
    })),
  }))
  return c.json({ data }, 200)
})
