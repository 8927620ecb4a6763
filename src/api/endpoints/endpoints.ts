/** /v1/endpoints: URLs that are told of the events of every job, each under a secret of its own. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import type { Context } from '../../context.ts'
import { hostAndPathOf } from '../../core/delivery.ts'
import { newId } from '../../core/id.ts'
import { encryptSecret, newSecret } from '../../deliveries/secrets.ts'
import {
  deleteEndpoint,
  type Endpoint,
  type EndpointPatch,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  maxEndpoints,
  updateEndpoint,
} from '../../store/deliveries/endpoints.ts'
import { problem, problemResponse, withBody, withoutKey, withUnaskedBody } from '../problems.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import { endpointFaults, endpointPatchSchema, newEndpointSchema } from './request.ts'
import { endpointSchema, viewEndpoint } from './view.ts'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const endpoint = (description: string) => ({ description, content: json(endpointSchema) })
const params = z.object({ id: z.string() })
const newlyMadeSchema = endpointSchema.extend({
  secret: z.string().openapi({ description: 'Shown this once.' }),
})
const noSuch = { 404: problemResponse('There is no such endpoint.') }

const create = createRoute({
  method: 'post',
  path: '/',
  summary: 'Subscribe an endpoint to events',
  description:
    "Each event of a job goes to the job's own callback_url and to every endpoint that is enabled, asks for its type and whose metadata filter the job passes: each its own delivery, all under one webhook-id.",
  request: { body: { required: true, content: json(newEndpointSchema) } },
  responses: {
    ...withoutKey,
    ...withBody,
    201: { description: 'The endpoint, with its secret.', content: json(newlyMadeSchema) },
    409: problemResponse(`There are ${maxEndpoints} endpoints already.`),
  },
})

const list = createRoute({
  method: 'get',
  path: '/',
  summary: 'List endpoints, newest first',
  responses: {
    ...withoutKey,
    200: { description: 'All of them.', content: json(z.object({ data: z.array(endpointSchema) })) },
  },
})

const show = createRoute({
  method: 'get',
  path: '/{id}',
  summary: 'Show an endpoint',
  request: { params },
  responses: { ...withoutKey, ...noSuch, 200: endpoint('The endpoint.') },
})

const change = createRoute({
  method: 'patch',
  path: '/{id}',
  summary: 'Change an endpoint',
  description:
    'What is left out stays. Deliveries that are still pending go to the new URL, under the new secret.',
  request: { params, body: { required: true, content: json(endpointPatchSchema) } },
  responses: { ...withoutKey, ...noSuch, ...withBody, 200: endpoint('The endpoint as it is now.') },
})

const remove = createRoute({
  method: 'delete',
  path: '/{id}',
  summary: 'Delete an endpoint',
  request: { params },
  responses: {
    ...withoutKey,
    ...withUnaskedBody,
    ...noSuch,
    204: { description: 'Deleted. What was pending for it is given up; its deliveries stay in the log.' },
  },
})

const enable = createRoute({
  method: 'post',
  path: '/{id}/enable',
  summary: 'Enable an endpoint again',
  description:
    'Whoever disabled it. What failed meanwhile is sent by POST /v1/deliveries/redeliver with its endpoint_id.',
  request: { params },
  responses: { ...withoutKey, ...withUnaskedBody, ...noSuch, 200: endpoint('The endpoint, enabled.') },
})

export const endpointRoutes = createRouter()

endpointRoutes.openapi(
  create,
  async (c) => {
    const context = c.get('context')
    const { url, description, event_types, metadata, secret = newSecret(), disabled } = c.req.valid('json')
    const nowMs = context.now()
    const endpoint: Endpoint = {
      ...{ id: newId('endpoint'), url, host: hostAndPathOf(url).host, description, metadata },
      ...{ eventTypes: event_types, createdAt: nowMs, ...standing(disabled, nowMs) },
      secret: await encryptSecret(context.config.signingSecret, secret),
    }
    if (!(await insertEndpoint(context.db, endpoint))) {
      return problem(c, 'limit_reached', `Delete one: there are ${maxEndpoints} endpoints already.`)
    }
    return c.json({ ...viewEndpoint(endpoint), secret }, 201)
  },
  endpointFaults,
)

endpointRoutes.openapi(list, async (c) =>
  c.json({ data: (await listEndpoints(c.get('context').db)).map(viewEndpoint) }, 200),
)

endpointRoutes.openapi(show, async (c) => {
  const endpoint = await findEndpoint(c.get('context').db, c.req.valid('param').id)
  return endpoint === null ? notFound(c) : c.json(viewEndpoint(endpoint), 200)
})

endpointRoutes.openapi(
  change,
  async (c) => {
    const context = c.get('context')
    const { url, description, event_types, metadata, secret, disabled } = c.req.valid('json')
    const changed = await apply(context, c.req.valid('param').id, {
      ...(url !== undefined && { url, host: hostAndPathOf(url).host }),
      ...(description !== undefined && { description }),
      ...(event_types !== undefined && { eventTypes: event_types }),
      ...(metadata !== undefined && { metadata }),
      ...(secret !== undefined && { secret: await encryptSecret(context.config.signingSecret, secret) }),
      ...(disabled !== undefined && standing(disabled, context.now())),
    })
    return changed === null ? notFound(c) : c.json(viewEndpoint(changed), 200)
  },
  endpointFaults,
)

endpointRoutes.openapi(enable, async (c) => {
  const context = c.get('context')
  const enabled = await apply(context, c.req.valid('param').id, standing(false, context.now()))
  return enabled === null ? notFound(c) : c.json(viewEndpoint(enabled), 200)
})

endpointRoutes.openapi(remove, async (c) => {
  const { db, now, queues: nudges } = c.get('context')
  const endpoint = await findEndpoint(db, c.req.valid('param').id)
  if (endpoint === null) return notFound(c)
  await nudges.deliveries(await deleteEndpoint(db, endpoint, now()))
  return c.body(null, 204)
})

/** Null: there is no such endpoint. */
async function apply(context: Context, id: string, patch: EndpointPatch): Promise<Endpoint | null> {
  const { db, now, queues: nudges } = context
  const endpoint = await findEndpoint(db, id)
  const updated = endpoint && (await updateEndpoint(db, endpoint, patch, now()))
  if (updated === null) return null
  await nudges.deliveries(updated.woken)
  return updated.endpoint
}

function standing(disabled: boolean, nowMs: number): Pick<Endpoint, 'disabledAt' | 'disabledBy'> {
  return disabled ? { disabledAt: nowMs, disabledBy: 'hand' } : { disabledAt: null, disabledBy: null }
}

function notFound(c: HonoContext<ApiEnv>) {
  return problem(c, 'not_found', 'There is no such endpoint.')
}
