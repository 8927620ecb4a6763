/** /v1/api-keys, for the admin key alone: make, list and revoke keys. A key and its secret are shown once. */
import { createRoute, z } from '@hono/zod-openapi'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { newId } from '../../core/id.ts'
import { nameOf } from '../../core/request/text.ts'
import { encryptSecret, newSecret } from '../../deliveries/secrets.ts'
import { type ApiKey, insertApiKey, listApiKeys, revokeApiKey } from '../../store/deliveries/api-keys.ts'
import { problem, problemResponse, withBody, withoutKey, withUnaskedBody } from '../problems.ts'
import { createRouter } from '../router.ts'

const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  created_at: z.iso.datetime(),
  revoked_at: z.iso.datetime().nullable(),
})

const newApiKeySchema = apiKeySchema.extend({
  key: z.string().openapi({ description: 'Shown this once.' }),
  callback_secret: z
    .string()
    .openapi({ description: 'Signs the deliveries of jobs without their own. Shown this once.' }),
})

const needsAdmin = 'Needs the admin key.'
const onlyAdmin = { 403: problemResponse('Not the admin key.') }

const create = createRoute({
  method: 'post',
  path: '/',
  summary: 'Make an API key',
  description: needsAdmin,
  request: {
    body: {
      required: true,
      content: {
        'application/json': { schema: z.strictObject({ name: nameOf({ min: 1, max: 100 }) }) },
      },
    },
  },
  responses: {
    ...withoutKey,
    ...onlyAdmin,
    ...withBody,
    201: { description: 'The key.', content: { 'application/json': { schema: newApiKeySchema } } },
  },
})

const list = createRoute({
  method: 'get',
  path: '/',
  summary: 'List API keys',
  description: needsAdmin,
  responses: {
    ...withoutKey,
    ...onlyAdmin,
    200: {
      description: 'Every key, newest first, without what was shown once.',
      content: { 'application/json': { schema: z.object({ data: z.array(apiKeySchema) }) } },
    },
  },
})

const revoke = createRoute({
  method: 'delete',
  path: '/{id}',
  summary: 'Revoke an API key',
  description: needsAdmin,
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...withoutKey,
    ...withUnaskedBody,
    ...onlyAdmin,
    204: { description: 'Revoked. Its jobs go on, and their deliveries are still signed with its secret.' },
    404: problemResponse('There is no such key, or it is revoked already.'),
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
  return c.json({ ...view(row), key, callback_secret: callbackSecret }, 201)
})

apiKeyRoutes.openapi(list, async (c) =>
  c.json({ data: (await listApiKeys(c.get('context').db)).map(view) }, 200),
)

apiKeyRoutes.openapi(revoke, async (c) => {
  const { db, now } = c.get('context')
  const isRevoked = await revokeApiKey(db, c.req.valid('param').id, now())
  return isRevoked
    ? c.body(null, 204)
    : problem(c, 'not_found', 'There is no such key, or it is revoked already.')
})

function view(row: ApiKey) {
  return {
    id: row.id,
    name: row.name,
    created_at: new Date(row.createdAt).toISOString(),
    revoked_at: row.revokedAt === null ? null : new Date(row.revokedAt).toISOString(),
  }
}
