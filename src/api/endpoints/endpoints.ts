/** /v1/endpoints: URLs that receive the events of many jobs. Each has a separate secret. */
import { createRoute, z } from '@hono/zod-openapi'
import { sees } from '../../core/access.ts'
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
import { endpointFor, endpointSchema, noSuchEndpoint } from './view.ts'

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
  description: `An event of a job goes to the job's callback_url and to every enabled endpoint that subscribes to its type and whose metadata filter matches the job. An endpoint that a key of a project creates receives the events of that project only. Each receiver has a separate delivery; all of them have the same webhook-id. A new endpoint may miss events of its first ${rememberedMs / 1_000} seconds.`,
  request: { body: jsonBody(newEndpointSchema) },
  responses: {
    ...keyProblems,
    ...bodyProblems,
    201: json('The endpoint, with its secret.', createdSchema),
    409: problemResponse(
      `There are already ${maxEndpoints} endpoints in the project of the key, or without a project.`,
      'limit_reached',
    ),
  },
})

const list = createRoute({
  operationId: 'listEndpoints',
  tags: ['Endpoints'],
  method: 'get',
  path: '/',
  summary: 'List endpoints, newest first',
  description:
    'Shows all endpoints, also the disabled ones. The secret of an endpoint is shown only when it is created.',
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
  description: 'Shows an endpoint as in the list: what it receives, and whether it is disabled and by what.',
  request: { params },
  responses: { ...keyProblems, ...noSuchEndpoint, 200: json('The endpoint.', endpointSchema) },
})

const remove = createRoute({
  operationId: 'deleteEndpoint',
  tags: ['Endpoints'],
  method: 'delete',
  path: '/{id}',
  summary: 'Delete an endpoint',
  description:
    'The endpoint receives nothing from now on. Deleting it twice returns 404. To keep it, disable it with PATCH instead.',
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
    const { url, description, event_types, format, metadata, disabled, ...given } = c.req.valid('json')
    const { secret = newSecret() } = given
    const nowMs = context.now()
    const endpoint: Endpoint = {
      id: newId('endpoint'),
      url,
      ...hostAndPathOf(url),
      description,
      metadata,
      eventTypes: event_types,
      format,
      secret: await encryptSecret(context.config.signingSecret, secret),
      ...(disabled ? disabledByUser(nowMs) : enabled),
      createdAt: nowMs,
      project: c.get('caller').project,
    }
    if (!(await insertEndpoint(context.db, endpoint))) {
      return problem(c, 'limit_reached', `There are already ${maxEndpoints} endpoints. Delete one first.`)
    }
    return c.json({ ...endpointFor(c.get('caller'), endpoint), secret }, 201)
  },
  endpointFaults,
)

endpointRoutes.openapi(list, async (c) => {
  const caller = c.get('caller')
  const endpoints = await listEndpoints(c.get('context').db, caller)
  return c.json({ data: endpoints.map((endpoint) => endpointFor(caller, endpoint)) }, 200)
})

endpointRoutes.openapi(show, async (c) => {
  const endpoint = await findEndpoint(c.get('context').db, c.req.valid('param').id)
  const caller = c.get('caller')
  return endpoint === null || !sees(caller, endpoint)
    ? problem(c, 'not_found', 'There is no such endpoint.')
    : c.json(endpointFor(caller, endpoint), 200)
})

endpointRoutes.openapi(remove, async (c) => {
  const context = c.get('context')
  const endpoint = await findEndpoint(context.db, c.req.valid('param').id)
  if (endpoint === null || !sees(c.get('caller'), endpoint))
    return problem(c, 'not_found', 'There is no such endpoint.')
  await deleteEndpoint(context.db, endpoint.id)
  await reopenLanes(context, [{ host: endpoint.host, ownerId: endpoint.id }])
  return c.body(null, 204)
})
