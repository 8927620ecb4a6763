/** /v1/api-keys, for the scope admin: create, show, change and revoke keys. A key and its secret are shown only once. */
import { createRoute, z } from '@hono/zod-openapi'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { newId } from '../../core/id.ts'
import { encryptSecret, newSecret } from '../../deliveries/secrets.ts'
import {
  type ApiKey,
  findApiKey,
  insertApiKey,
  listApiKeys,
  revokeApiKey,
  updateApiKey,
} from '../../store/deliveries/api-keys.ts'
import { rememberedMs } from '../../store/owner-memory.ts'
import { usedBudgets } from '../budget.ts'
import { problem } from '../problems.ts'
import { bodyProblems, json, jsonBody, keyProblems, unexpectedBodyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import {
  accessOf,
  adminInProject,
  apiKeyFaults,
  apiKeyPatchSchema,
  newApiKeySchema,
  patchOf,
} from './request.ts'
import { apiKeySchema, noSuchApiKey, viewApiKey } from './view.ts'

const params = z.object({ id: z.string() })
const createdSchema = apiKeySchema.extend({
  key: z.string().openapi({ description: 'Shown only once.' }),
  callback_secret: z.string().openapi({
    description: 'Signs the deliveries of jobs without a callback_secret. Shown only once.',
  }),
})

const requiresAdminKey = 'Requires the admin key, or a key with the scope admin.'

const create = createRoute({
  operationId: 'createApiKey',
  tags: ['API keys'],
  method: 'post',
  path: '/',
  summary: 'Create an API key',
  description: requiresAdminKey,
  request: { body: jsonBody(newApiKeySchema) },
  responses: {
    ...keyProblems,
    ...bodyProblems,
    201: json('The key.', createdSchema),
  },
})

const list = createRoute({
  operationId: 'listApiKeys',
  tags: ['API keys'],
  method: 'get',
  path: '/',
  summary: 'List API keys',
  description: requiresAdminKey,
  responses: {
    ...keyProblems,
    200: json(
      'All keys, newest first, without the fields that are shown only once.',
      z.object({ data: z.array(apiKeySchema) }),
    ),
  },
})

const show = createRoute({
  operationId: 'getApiKey',
  tags: ['API keys'],
  method: 'get',
  path: '/{id}',
  summary: 'Show an API key',
  description: requiresAdminKey,
  request: { params },
  responses: { ...keyProblems, ...noSuchApiKey, 200: json('The key.', apiKeySchema) },
})

const update = createRoute({
  operationId: 'updateApiKey',
  tags: ['API keys'],
  method: 'patch',
  path: '/{id}',
  summary: 'Update an API key',
  description: `${requiresAdminKey} Omitted fields stay unchanged. Requests in the first ${rememberedMs / 1_000} seconds may still use the old ones.`,
  request: { params, body: jsonBody(apiKeyPatchSchema) },
  responses: {
    ...keyProblems,
    ...noSuchApiKey,
    ...bodyProblems,
    200: json('The updated key.', apiKeySchema),
  },
})

const revoke = createRoute({
  operationId: 'revokeApiKey',
  tags: ['API keys'],
  method: 'delete',
  path: '/{id}',
  summary: 'Revoke an API key',
  description: `${requiresAdminKey} The key stops working within ${rememberedMs / 1_000} seconds. Its event streams end within about a minute, and its requests that wait get their response.`,
  request: { params },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    204: { description: 'Revoked. Its jobs continue, and its secret still signs their deliveries.' },
    ...noSuchApiKey,
  },
})

export const apiKeyRoutes = createRouter()

apiKeyRoutes.openapi(
  create,
  async (c) => {
    const { db, config, now } = c.get('context')
    const { name, project, ...rest } = c.req.valid('json')
    const key = `rh_${crypto.randomUUID().replaceAll('-', '')}${crypto.randomUUID().replaceAll('-', '')}`
    const callbackSecret = newSecret()
    const row: ApiKey = {
      id: newId('apiKey'),
      name,
      project,
      hash: await sha256(key),
      callbackSecret: await encryptSecret(config.signingSecret, callbackSecret),
      retiredSecrets: '[]',
      createdAt: now(),
      revokedAt: null,
      lastUsedAt: null,
      ...accessOf(rest),
    }
    await insertApiKey(db, row)
    return c.json({ ...viewApiKey(row, new Map()), key, callback_secret: callbackSecret }, 201)
  },
  apiKeyFaults,
)

apiKeyRoutes.openapi(list, async (c) => {
  const context = c.get('context')
  const keys = await listApiKeys(context.db)
  const used = await usedBudgets(context, keys)
  return c.json({ data: keys.map((key) => viewApiKey(key, used)) }, 200)
})

apiKeyRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const key = await findApiKey(context.db, c.req.valid('param').id)
  if (key === null) return problem(c, 'not_found', noSuchKey)
  return c.json(viewApiKey(key, await usedBudgets(context, [key])), 200)
})

apiKeyRoutes.openapi(
  update,
  async (c) => {
    const context = c.get('context')
    const { db } = context
    const { id } = c.req.valid('param')
    const body = c.req.valid('json')
    const before = await findApiKey(db, id)
    if (before === null) return problem(c, 'not_found', noSuchKey)
    if (before.project !== null && body.scopes?.includes('admin'))
      return problem(c, 'invalid_request', 'Nothing was done. Correct the field in errors.', [adminInProject])
    const key = await updateApiKey(db, id, patchOf(body))
    if (key === null) return problem(c, 'not_found', noSuchKey)
    return c.json(viewApiKey(key, await usedBudgets(context, [key])), 200)
  },
  apiKeyFaults,
)

apiKeyRoutes.openapi(revoke, async (c) => {
  const { db, now } = c.get('context')
  const isRevoked = await revokeApiKey(db, c.req.valid('param').id, now())
  return isRevoked ? c.body(null, 204) : problem(c, 'not_found', noSuchKey)
})

const noSuchKey = 'There is no such key, or it is revoked.'
