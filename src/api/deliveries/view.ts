/** A delivery as the API shows it, with its latest attempts. */
import { z } from '@hono/zod-openapi'
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import { deliveryReasonNames, deliveryReasons, deliveryStatuses } from '../../core/delivery.ts'
import { eventFormats, eventTypes } from '../../core/event.ts'
import { readStored } from '../../core/http/json.ts'
import { maxHeaderBytes } from '../../core/http/useful-headers.ts'
import { isoOrNull } from '../../core/iso.ts'
import type { Attempt } from '../../store/deliveries/commit.ts'
import { attemptsOfAll, type LoggedDelivery } from '../../store/deliveries/log.ts'
import { readByShard } from '../../store/shards.ts'
import { answerFor, urlFor } from '../hidden-urls.ts'

export const deliveryCursor = z.string().regex(/^dlv_[0-9a-z]{26}$/, 'must be a next_cursor')
export const timestamp = z.iso.datetime({ offset: true })

const answerRule =
  'Only the scope admin sees the user info and the query of a URL. *** hides the value of a callback header.'

const attemptSchema = z.object({
  n: z.int(),
  started_at: z.iso.datetime(),
  duration_ms: z.int(),
  status: z.int().nullable().openapi({ description: 'The HTTP status; null if there was no response.' }),
  error: z
    .string()
    .nullable()
    .openapi({ description: 'Why the attempt failed. For a redirect it includes the host and path.' }),
  response_headers: z
    .record(z.string(), z.string())
    .nullable()
    .openapi({
      description: `The headers that help to find a fault, ${maxHeaderBytes} bytes at most. ${answerRule}`,
    }),
  response_body: z
    .string()
    .nullable()
    .openapi({ description: `The first kilobyte of the response body. ${answerRule}` }),
})

const reasons = Object.entries(deliveryReasons).map(([name, meaning]) => `${name}: it ${meaning}.`)

export const deliverySchema = z
  .object({
    id: z.string(),
    job_id: z.string(),
    endpoint_id: z.string().nullable().openapi({
      description: 'Null for a delivery to the callback_url of the job.',
    }),
    event_id: z.string().openapi({ description: 'The webhook-id of every attempt and of every redelivery.' }),
    event_type: z.enum(eventTypes),
    format: z.enum(eventFormats).openapi({
      description: 'How its body is written: the format of its receiver when it was made.',
    }),
    url: z.string().openapi({
      description:
        'The URL of the last attempt, or of the next one. User info and query are shown to the scope admin only.',
    }),
    status: z.enum(deliveryStatuses),
    reason: z
      .enum(deliveryReasonNames)
      .nullable()
      .openapi({ description: reasons.join(' ') }),
    next_attempt_at: z.iso.datetime().nullable().openapi({
      description: 'Null if the delivery has ended, or waits for its host and has no scheduled time.',
    }),
    created_at: z.iso.datetime(),
    attempt_count: z.int(),
    attempts: z.array(attemptSchema).openapi({ description: 'The latest twenty attempts, in order.' }),
  })
  .openapi('Delivery')

export type DeliveryView = z.infer<typeof deliverySchema>

export async function viewDeliveries(
  context: Context,
  page: LoggedDelivery[],
  caller: Caller,
): Promise<DeliveryView[]> {
  const rows = new Map(page.map((delivery) => [delivery.id, delivery]))
  const attempts = await readByShard(context, [...rows.keys()], (db, ids) =>
    attemptsOfAll(
      db,
      ids.flatMap((id) => rows.get(id) ?? []),
    ),
  )
  return page.map((delivery) => {
    const view = viewDelivery(delivery, attempts.get(delivery.id) ?? [])
    return { ...view, url: urlFor(caller, delivery.url), attempts: answerFor(caller, view.attempts) }
  })
}

export function viewDelivery(delivery: LoggedDelivery, attempts: Attempt[]): DeliveryView {
  return {
    id: delivery.id,
    job_id: delivery.jobId,
    endpoint_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    format: delivery.format,
    url: delivery.url,
    status: delivery.status,
    reason: delivery.reason,
    next_attempt_at: isoOrNull(delivery.dueAt),
    created_at: new Date(delivery.createdAt).toISOString(),
    attempt_count: delivery.attempts,
    attempts: attempts.map(viewAttempt),
  }
}

function viewAttempt({ n, startedAt, durationMs, status, error, responseHeaders, responseBody }: Attempt) {
  return {
    n,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: durationMs,
    status,
    error,
    response_headers: readHeaders(responseHeaders),
    response_body: responseBody,
  }
}

/** Null: none, or damaged. */
export function readHeaders(stored: string | null): Record<string, string> | null {
  return readStored(headersSchema, stored) ?? null
}

const headersSchema = z.record(z.string(), z.string())
