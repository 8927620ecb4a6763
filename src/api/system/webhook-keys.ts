/** GET /.well-known/webhook-keys.json: the public keys that verify `v1a` signatures. No API key is needed. */
import { createRoute, z } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import { type KeyPair, keyPairs, publicJwk } from '../../core/crypto/key-pair.ts'
import { always } from '../problems.ts'
import { createRouter } from '../router.ts'

const keySchema = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
  kid: z.string().openapi({ description: 'The thumbprint of the key (RFC 7638).' }),
  whpk: z.string().openapi({ description: 'The same key as Standard Webhooks writes it: whpk_ and base64.' }),
  status: z.enum(['current', 'previous']),
})

const show = createRoute({
  method: 'get',
  path: '/.well-known/webhook-keys.json',
  summary: 'The public keys of the deployment',
  description:
    'A JWK set (RFC 7517), the current key first. Every delivery carries a v1a signature of each beside its v1 signatures.',
  security: [],
  responses: {
    ...always,
    200: {
      description: 'The keys.',
      content: { 'application/json': { schema: z.object({ keys: z.array(keySchema) }) } },
    },
    304: { description: 'Unchanged since the ETag in If-None-Match.' },
  },
})

// While SIGNING_SECRET is rotated both keys sign, so a set that is an hour old still verifies.
const cacheControl = 'public, max-age=3600'

export const webhookKeyRoutes = createRouter()
webhookKeyRoutes.use(show.path, etag())
webhookKeyRoutes.openapi(show, async (c) => {
  const pairs = await keyPairs(c.get('context').config.signingSecret)
  const keys = pairs.map((pair, index) => viewKey(pair, index === 0 ? 'current' : 'previous'))
  return c.json({ keys }, 200, { 'cache-control': cacheControl })
})

function viewKey({ id, publicKey }: KeyPair, status: 'current' | 'previous'): z.infer<typeof keySchema> {
  return {
    ...publicJwk(publicKey),
    ...{ alg: 'EdDSA', use: 'sig', kid: id, whpk: `whpk_${publicKey.toBase64()}`, status },
  }
}
