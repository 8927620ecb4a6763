/** An endpoint as the API shows it, without its secret. */
import { z } from '@hono/zod-openapi'
import type { Caller } from '../../core/access.ts'
import { eventFormats, eventTypes } from '../../core/event.ts'
import { isoOrNull } from '../../core/iso.ts'
import type { Endpoint } from '../../store/deliveries/endpoints.ts'
import { urlFor } from '../hidden-urls.ts'
import { problemResponse } from '../responses.ts'

export const endpointSchema = z
  .object({
    id: z.string(),
    url: z.string().openapi({ description: 'User info and query are shown to the scope admin only.' }),
    description: z.string().nullable(),
    event_types: z.array(z.enum(eventTypes)),
    format: z.enum(eventFormats),
    metadata: z.record(z.string(), z.string()),
    disabled: z.boolean(),
    disabled_at: z.iso.datetime().nullable(),
    disabled_by: z.enum(['user', 'failure']).nullable().openapi({
      description: 'failure: its host accepted no delivery for five days.',
    }),
    created_at: z.iso.datetime(),
  })
  .openapi('Endpoint')

export type EndpointView = z.infer<typeof endpointSchema>

export const noSuchEndpoint = { 404: problemResponse('There is no such endpoint.') }

/** As this caller sees it. */
export function endpointFor(caller: Caller, endpoint: Endpoint): EndpointView {
  return { ...viewEndpoint(endpoint), url: urlFor(caller, endpoint.url) }
}

export function viewEndpoint(endpoint: Endpoint): EndpointView {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    event_types: endpoint.eventTypes,
    format: endpoint.format,
    metadata: endpoint.metadata,
    disabled: endpoint.disabledAt !== null,
    disabled_at: isoOrNull(endpoint.disabledAt),
    disabled_by: endpoint.disabledBy,
    created_at: new Date(endpoint.createdAt).toISOString(),
  }
}
