/** A delivery as the API shows it, with its latest attempts. */
import { z } from '@hono/zod-openapi'
import type { Context } from '../../context.ts'
import { deliveryReasonNames, deliveryReasons, deliveryStatuses } from '../../core/delivery.ts'
import { eventTypes } from '../../core/event.ts'
import type { Attempt } from '../../store/deliveries/commit.ts'
import { attemptsOfAll, type LoggedDelivery } from '../../store/deliveries/log.ts'

const attemptSchema = z.object({
  n: z.int(),
  started_at: z.iso.datetime(),
  duration_ms: z.int(),
  status: z.int().nullable().openapi({ description: 'The HTTP status; null when no answer came.' }),
  error: z.string().nullable().openapi({ description: 'Of a redirect, where it points: host and path.' }),
  answer: z.string().nullable().openapi({ description: 'The first kilobyte of the answer.' }),
})

const reasons = Object.entries(deliveryReasons).map(([name, meaning]) => `${name}: it ${meaning}.`)

export const deliverySchema = z
  .object({
    id: z.string(),
    job_id: z.string(),
    endpoint_id: z.string().nullable().openapi({
      description: "Null: it goes to the job's own callback_url.",
    }),
    event_id: z.string().openapi({ description: 'The webhook-id of every attempt and every redelivery.' }),
    event_type: z.enum(eventTypes),
    url: z.string().openapi({ description: 'Where it went, or goes next.' }),
    status: z.enum(deliveryStatuses),
    reason: z
      .enum(deliveryReasonNames)
      .nullable()
      .openapi({ description: reasons.join(' ') }),
    next_attempt_at: z.iso.datetime().nullable().openapi({
      description: 'Null: it is over, or it waits in line and has no date of its own.',
    }),
    created_at: z.iso.datetime(),
    attempt_count: z.int(),
    attempts: z.array(attemptSchema).openapi({ description: 'The latest twenty, in order.' }),
  })
  .openapi('Delivery')

export type DeliveryView = z.infer<typeof deliverySchema>

export async function viewDeliveries({ db }: Context, page: LoggedDelivery[]): Promise<DeliveryView[]> {
  const attempts = await attemptsOfAll(
    db,
    page.map(({ id }) => id),
  )
  return page.map((delivery) => ({
    id: delivery.id,
    job_id: delivery.jobId,
    endpoint_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    url: delivery.url,
    status: delivery.status,
    reason: delivery.reason,
    next_attempt_at: delivery.dueAt === null ? null : new Date(delivery.dueAt).toISOString(),
    created_at: new Date(delivery.createdAt).toISOString(),
    attempt_count: delivery.attempts,
    // They are read after the row: an attempt that ended in between is not shown beside the older row.
    attempts: (attempts.get(delivery.id) ?? []).filter(({ n }) => n <= delivery.attempts).map(viewAttempt),
  }))
}

function viewAttempt({ n, startedAt, durationMs, status, error, answer }: Attempt) {
  return {
    n,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: durationMs,
    ...{ status, error, answer },
  }
}
