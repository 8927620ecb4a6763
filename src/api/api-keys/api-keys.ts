/** /v1/api-keys, for the admin key alone: create, list and revoke keys. A key and its secret are shown only once. */
import { createRoute, z } from '@hono/zod-openapi'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { newId } from '../../core/id.ts'
import { isoOrNull } from '../../core/iso.ts'
import { nameOf } from '../../core/request/text.ts'
import { encryptSecret, newSecret } from '../../deliveries/secrets.ts'
import { type ApiKey, insertApiKey, listApiKeys, revokeApiKey } from '../../store/deliveries/api-keys.ts'
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

const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  created_at: z.iso.datetime(),
  revoked_at: z.iso.datetime().nullable(),
})

const createdSchema = apiKeySchema.extend({
  key: z.string().openapi({ description: 'Shown only once.' }),
  callback_secret: z.string().openapi({
    description: 'Signs the deliveries of jobs without a callback_secret. Shown only once.',
  }),
})

const requiresAdminKey = 'Requires the admin key.'
const onlyAdminKey = { 403: problemResponse('The API key is not the admin key.') }

const create = createRoute({
  operationId: 'createApiKey',
  tags: ['API keys'],
  method: 'post',
  path: '/',
  summary: 'Create an API key',
  description: requiresAdminKey,
  request: { body: jsonBody(z.strictObject({ name: nameOf({ min: 1, max: 100 }) })) },
  responses: {
    ...keyProblems,
    ...onlyAdminKey,
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
    ...onlyAdminKey,
    200: json(
      'All keys, newest first, without the fields that are shown only once.',
      z.object({ data: z.array(apiKeySchema) }),
    ),
  },
})

const revoke = createRoute({
  operationId: 'revokeApiKey',
  tags: ['API keys'],
  method: 'delete',
  path: '/{id}',
  summary: 'Revoke an API key',
  description: `${requiresAdminKey} The key stops working within ${rememberedMs / 1_000} seconds.`,
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    ...onlyAdminKey,
    204: { description: 'Revoked. Its jobs continue, and its secret still signs their deliveries.' },
    404: problemResponse('There is no such key, or it is already revoked.'),
  },
})

export const apiKeyRoutes = createRouter()

apiKeyRoutes.openapi(create, async (c) => {
  const { db, config, now } = c.get('context')
  const key = `rh_${crypto.randomUUID().replaceAll('-', '')}${crypto.randomUUID().replaceAll('-', '')}`
  const callbackSecret = newSecret()
  const row: ApiKey = {
    id: newId('apiKey'),
    name: c.req.valid('json').name,
    hash: await sha256(key),
    callbackSecret: await encryptSecret(config.signingSecret, callbackSecret),
    retiredSecrets: '[]',
    createdAt: now(),
    revokedAt: null,
  }
  await insertApiKey(db, row)
  return c.json({ ...viewApiKey(row), key, callback_secret: callbackSecret }, 201)
})

apiKeyRoutes.openapi(list, async (c) =>
  c.json({ data: (await listApiKeys(c.get('context').db)).map(viewApiKey) }, 200),
)

apiKeyRoutes.openapi(revoke, async (c) => {
  const { db, now } = c.get('context')
  const isRevoked = await revokeApiKey(db, c.req.valid('param').id, now())
  return isRevoked
    ? c.body(null, 204)
    : problem(c, 'not_found', 'There is no such key, or it is already revoked.')
})

export function viewApiKey(row: Pick<ApiKey, 'id' | 'name' | 'createdAt' | 'revokedAt'>) {
  return {
    id: row.id,
    name: row.name,
    created_at: new Date(row.createdAt).toISOString(),
    revoked_at: isoOrNull(row.revokedAt),
  }
}
