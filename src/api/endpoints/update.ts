/** PATCH /v1/endpoints/:id and POST /v1/endpoints/:id/enable: change an endpoint. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { sees } from '../../core/access.ts'
import { hostAndPathOf } from '../../core/delivery.ts'
import { formatFault } from '../../core/event.ts'
import { reopenLanes } from '../../deliveries/reopen-lanes.ts'
import { encryptSecret } from '../../deliveries/secrets.ts'
import {
  type Endpoint,
  type EndpointPatch,
  findEndpoint,
  updateEndpoint,
} from '../../store/deliveries/endpoints.ts'
import { rememberedMs } from '../../store/owner-memory.ts'
import { problem } from '../problems.ts'
import { bodyProblems, json, jsonBody, keyProblems, unexpectedBodyProblems } from '../responses.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import { disabledByUser, enabled } from './disabling.ts'
import { endpointFaults, endpointPatchSchema, refuse } from './request.ts'
import { endpointFor, endpointSchema, noSuchEndpoint } from './view.ts'

const params = z.object({ id: z.string() })

const update = createRoute({
  operationId: 'updateEndpoint',
  tags: ['Endpoints'],
  method: 'patch',
  path: '/{id}',
  summary: 'Update an endpoint',
  description: `Omitted fields stay unchanged. Pending deliveries go to the new URL, signed with the new secret, and keep the format that they were made in. An attempt in the first ${rememberedMs / 1_000} seconds may still use the old ones.`,
  request: { params, body: jsonBody(endpointPatchSchema) },
  responses: {
    ...keyProblems,
    ...noSuchEndpoint,
    ...bodyProblems,
    200: json('The updated endpoint.', endpointSchema),
  },
})

const enable = createRoute({
  operationId: 'enableEndpoint',
  tags: ['Endpoints'],
  method: 'post',
  path: '/{id}/enable',
  summary: 'Enable an endpoint',
  description:
    'Enables an endpoint that a user or a failure disabled. To send the failed deliveries, use POST /v1/deliveries/redeliver with its endpoint_id.',
  request: { params },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    ...noSuchEndpoint,
    200: json('The enabled endpoint.', endpointSchema),
  },
})

export const endpointUpdateRoutes = createRouter()

endpointUpdateRoutes.openapi(
  update,
  async (c) => {
    const context = c.get('context')
    const { url, description, event_types, format, metadata, secret, disabled } = c.req.valid('json')
    const before = await findOwn(c, c.req.valid('param').id)
    if (before === null) return problem(c, 'not_found', 'There is no such endpoint.')
    // A body with both was checked with the body.
    const message = formatFault(format ?? before.format, event_types ?? before.eventTypes)
    if (message !== null) {
      const fault = event_types === undefined ? `does not fit: the endpoint ${message}` : message
      return refuse(c, [{ path: event_types === undefined ? 'format' : 'event_types', message: fault }])
    }
    const updated = await applyPatch(c, before, {
      ...(url !== undefined && { url, ...hostAndPathOf(url) }),
      ...(description !== undefined && { description }),
      ...(event_types !== undefined && { eventTypes: event_types }),
      ...(format !== undefined && { format }),
      ...(metadata !== undefined && { metadata }),
      ...(secret !== undefined && { secret: await encryptSecret(context.config.signingSecret, secret) }),
      ...(disabled !== undefined && (disabled ? disabledByUser(context.now()) : enabled)),
    })
    return updated === null
      ? problem(c, 'not_found', 'There is no such endpoint.')
      : c.json(endpointFor(c.get('caller'), updated), 200)
  },
  endpointFaults,
)

endpointUpdateRoutes.openapi(enable, async (c) => {
  const before = await findOwn(c, c.req.valid('param').id)
  const endpoint = before && (await applyPatch(c, before, enabled))
  return endpoint === null
    ? problem(c, 'not_found', 'There is no such endpoint.')
    : c.json(endpointFor(c.get('caller'), endpoint), 200)
})

/** Null: there is no such endpoint for the caller. */
async function findOwn(c: HonoContext<ApiEnv>, id: string): Promise<Endpoint | null> {
  const endpoint = await findEndpoint(c.get('context').db, id)
  return endpoint !== null && sees(c.get('caller'), endpoint) ? endpoint : null
}

/** Null: it was deleted meanwhile. */
async function applyPatch(
  c: HonoContext<ApiEnv>,
  before: Endpoint,
  patch: EndpointPatch,
): Promise<Endpoint | null> {
  const context = c.get('context')
  const { id } = before
  const after = await updateEndpoint(context.db, id, patch)
  if (after === null) return null
  // Parked deliveries need no attempt at the old URL, and none while the endpoint is disabled.
  if (patch.url !== undefined || patch.disabledAt !== undefined) {
    const hosts = new Set([before.host, after.host])
    await reopenLanes(
      context,
      [...hosts].map((host) => ({ host, ownerId: id })),
    )
  }
  return after
}
