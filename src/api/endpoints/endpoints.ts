/** /v1/endpoints: URLs that receive the events of many jobs. Each has a separate secret. */
import { createRoute, z } from '@hono/zod-openapi'
import { hostAndPathOf } from '../../core/delivery.ts'
import { newId } from '../../core/id.ts'
import { reopenLanes } from '../../deliveries/reopen-lanes.ts'
import { encryptSecret, newSecret } from '../../deliveries/secrets.ts'
import {
  deleteEndpoint,
  type Endpoint,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  maxEndpoints,
} from '../../store/deliveries/endpoints.ts'
import { rememberedMs } from '../../store/owner-memory.ts'
import { problem } from '../problems.ts'
import {
  bodyProblems,
  json,
  jsonBody,
  keyProblems,
  problemResponse,
  unexpectedBodyProblems,
} from '../responses.ts'
import { createRouter } from '../router.ts'
import { disabledByUser, enabled } from './disabling.ts'
import { endpointFaults, newEndpointSchema } from './request.ts'
import { endpointSchema, noSuchEndpoint, viewEndpoint } from './view.ts'

const params = z.object({ id: z.string() })
const createdSchema = endpointSchema.extend({
  secret: z.string().openapi({ description: 'Signs what this endpoint receives. Shown only once.' }),
})

const create = createRoute({
  operationId: 'createEndpoint',
  tags: ['Endpoints'],
  method: 'post',
  path: '/',
  summary: 'Create an endpoint',
  description: `An event of a job goes to the job's callback_url and to every enabled endpoint that subscribes to its type and whose metadata filter matches the job. Each receiver has a separate delivery; all of them have the same webhook-id. A new endpoint may miss events of its first ${rememberedMs / 1_000} seconds.`,
  request: { body: jsonBody(newEndpointSchema) },
  responses: {
    ...keyProblems,
    ...bodyProblems,
    201: json('The endpoint, with its secret.', createdSchema),
    409: problemResponse(`There are already ${maxEndpoints} endpoints.`),
  },
})

const list = createRoute({
  operationId: 'listEndpoints',
  tags: ['Endpoints'],
  method: 'get',
  path: '/',
  summary: 'List endpoints, newest first',
  responses: {
    ...keyProblems,
    200: json('All endpoints.', z.object({ data: z.array(endpointSchema) })),
  },
})

const show = createRoute({
  operationId: 'getEndpoint',
  tags: ['Endpoints'],
  method: 'get',
  path: '/{id}',
  summary: 'Show an endpoint',
  request: { params },
  responses: { ...keyProblems, ...noSuchEndpoint, 200: json('The endpoint.', endpointSchema) },
})

const remove = createRoute({
  operationId: 'deleteEndpoint',
  tags: ['Endpoints'],
  method: 'delete',
  path: '/{id}',
  summary: 'Delete an endpoint',
  request: { params },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    ...noSuchEndpoint,
    204: { description: 'Deleted. Its pending deliveries fail; all of its deliveries stay in the log.' },
  },
})

export const endpointRoutes = createRouter()

endpointRoutes.openapi(
  create,
  async (c) => {
    const context = c.get('context')
    const { url, description, event_types, metadata, secret = newSecret(), disabled } = c.req.valid('json')
    const nowMs = context.now()
    const endpoint: Endpoint = {
      id: newId('endpoint'),
      url,
      ...hostAndPathOf(url),
      description,
      metadata,
      eventTypes: event_types,
      secret: await encryptSecret(context.config.signingSecret, secret),
      ...(disabled ? disabledByUser(nowMs) : enabled),
      createdAt: nowMs,
      project: c.get('caller').project,
    }
    if (!(await insertEndpoint(context.db, endpoint))) {
      return problem(c, 'limit_reached', `There are already ${maxEndpoints} endpoints. Delete one first.`)
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
  return endpoint === null
    ? problem(c, 'not_found', 'There is no such endpoint.')
    : c.json(viewEndpoint(endpoint), 200)
})

endpointRoutes.openapi(remove, async (c) => {
  const context = c.get('context')
  const endpoint = await findEndpoint(context.db, c.req.valid('param').id)
  if (endpoint === null) return problem(c, 'not_found', 'There is no such endpoint.')
  await deleteEndpoint(context.db, endpoint.id)
  await reopenLanes(context, [{ host: endpoint.host, ownerId: endpoint.id }])
  return c.body(null, 204)
})
