/** GET /.well-known/webhook-keys.json: the public keys that verify `v1a` signatures. No API key is needed. */
import { createRoute, z } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import { type KeyPair, keyPairs, publicJwk } from '../../core/crypto/key-pair.ts'
import { commonProblems, invalidQuery, json } from '../responses.ts'
import { createRouter } from '../router.ts'

const keySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
  kid: z.string().openapi({ description: 'The thumbprint of the key (RFC 7638).' }),
  whpk: z
    .string()
    .openapi({ description: 'The same key in the format of Standard Webhooks: whpk_ and base64.' }),
  status: z.enum(['current', 'previous']),
})

const list = createRoute({
  operationId: 'listWebhookKeys',
  tags: ['System'],
  method: 'get',
  path: '/.well-known/webhook-keys.json',
  summary: 'List the public keys that verify webhooks',
  description:
    'A JWK set (RFC 7517), the current key first. Every delivery has a v1a signature of each key, after its v1 signatures.',
  security: [],
  request: { query: z.object({}) },
  responses: {
    ...commonProblems,
    200: json('The keys.', z.object({ keys: z.array(keySchema) })),
    304: { description: 'Unchanged: the ETag in If-None-Match is current.' },
    422: invalidQuery,
  },
})

// Both keys sign while SIGNING_SECRET is rotated, so a set that is an hour old still verifies.
const cacheControl = 'public, max-age=3600'

export const webhookKeyRoutes = createRouter()
webhookKeyRoutes.use(list.path, etag())
webhookKeyRoutes.openapi(list, async (c) => {
  const pairs = await keyPairs(c.get('context').config.signingSecret)
  return c.json({ keys: viewKeys(pairs) }, 200, { 'cache-control': cacheControl })
})

export function viewKeys(pairs: KeyPair[]): z.infer<typeof keySchema>[] {
  return pairs.map(({ id, publicKey }, index) => ({
    ...publicJwk(publicKey),
    alg: 'EdDSA',
    use: 'sig',
    kid: id,
    whpk: `whpk_${publicKey.toBase64()}`,
    status: index === 0 ? 'current' : 'previous',
  }))
}
