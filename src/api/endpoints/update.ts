/** PATCH /v1/endpoints/:id and POST /v1/endpoints/:id/enable: change an endpoint. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { sees } from '../../core/access.ts'
import { hostAndPathOf } from '../../core/delivery.ts'
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
import { endpointFaults, endpointPatchSchema } from './request.ts'
import { endpointFor, endpointSchema, noSuchEndpoint } from './view.ts'

const params = z.object({ id: z.string() })

const update = createRoute({
  operationId: 'updateEndpoint',
  tags: ['Endpoints'],
  method: 'patch',
  path: '/{id}',
  summary: 'Update an endpoint',
  description: `Omitted fields stay unchanged. Pending deliveries go to the new URL, signed with the new secret. An attempt in the first ${rememberedMs / 1_000} seconds may still use the old ones.`,
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
    const { url, description, event_types, metadata, secret, disabled } = c.req.valid('json')
    const updated = await applyPatch(c, c.req.valid('param').id, {
      ...(url !== undefined && { url, ...hostAndPathOf(url) }),
      ...(description !== undefined && { description }),
      ...(event_types !== undefined && { eventTypes: event_types }),
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
  const endpoint = await applyPatch(c, c.req.valid('param').id, enabled)
  return endpoint === null
    ? problem(c, 'not_found', 'There is no such endpoint.')
    : c.json(endpointFor(c.get('caller'), endpoint), 200)
})

/** Null: there is no such endpoint for the caller. */
async function applyPatch(
  c: HonoContext<ApiEnv>,
  id: string,
  patch: EndpointPatch,
): Promise<Endpoint | null> {
  const context = c.get('context')
  const before = await findEndpoint(context.db, id)
  if (before === null || !sees(c.get('caller'), before)) return null
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
