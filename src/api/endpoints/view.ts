/** An endpoint as the API shows it. Its secret is not among it. */
import { z } from '@hono/zod-openapi'
import { eventTypes } from '../../core/event.ts'
import type { Endpoint } from '../../store/deliveries/endpoints.ts'

export const endpointSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string().nullable(),
    event_types: z.array(z.enum(eventTypes)),
    metadata: z.record(z.string(), z.string()),
    disabled: z.boolean(),
    disabled_at: z.iso.datetime().nullable(),
    disabled_by: z.enum(['hand', 'failure']).nullable().openapi({
      description: 'failure: its host took nothing for five days, though it was tried.',
    }),
    created_at: z.iso.datetime(),
  })
  .openapi('Endpoint')

export function viewEndpoint({
  id,
  url,
  description,
  eventTypes,
  metadata,
  disabledAt,
  disabledBy,
  createdAt,
}: Endpoint) {
  return {
    ...{ id, url, description, event_types: eventTypes, metadata },
    disabled: disabledAt !== null,
    disabled_at: disabledAt === null ? null : new Date(disabledAt).toISOString(),
    disabled_by: disabledBy,
    created_at: new Date(createdAt).toISOString(),
  }
}
