/** POST /v1/api-keys/:id/rotate-secret, for the key itself and the scope admin: a new secret, with an overlap. */
import { createRoute, z } from '@hono/zod-openapi'
import { maxSecretsAtOnce, secretOverlapMs } from '../../core/schedule/deliveries.ts'
import { encryptSecret, newSecret } from '../../deliveries/secrets.ts'
import { rotateSecret } from '../../store/deliveries/api-keys.ts'
import { rememberedMs } from '../../store/owner-memory.ts'
import { problem, rateLimited } from '../problems.ts'
import { json, keyProblems, problemResponse, unexpectedBodyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { requireOwnKey } from './own-key.ts'

const overlapHours = secretOverlapMs / 3_600_000

const rotationSchema = z
  .object({
    id: z.string(),
    callback_secret: z.string().openapi({ description: 'The new secret. Shown only once.' }),
    overlap_until: z.iso.datetime().openapi({
      description: 'Until then the previous secret signs too, as the second in webhook-signature.',
    }),
  })
  .openapi('SecretRotation')

const rotate = createRoute({
  operationId: 'rotateSecret',
  tags: ['API keys'],
  method: 'post',
  path: '/{id}/rotate-secret',
  summary: "Rotate an API key's callback secret",
  description: `For ${overlapHours} hours both secrets sign every delivery, the new one first; afterwards only the new one. In the first ${rememberedMs / 1_000} seconds an attempt may be signed with the previous one only. A job with a callback_secret keeps that secret. For the key itself and the scope admin.`,
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    200: json('The new secret.', rotationSchema),
    403: problemResponse(
      'The API key has not the scope deliveries, or is neither this key nor one with the scope admin.',
    ),
    404: problemResponse('There is no such key, or it is revoked.'),
    429: problemResponse(
      `There are already ${maxSecretsAtOnce} secrets that sign; one of them expires within ${overlapHours} hours. Or too many requests.`,
    ),
  },
})

export const secretRotationRoutes = createRouter()
secretRotationRoutes.use('/:id/rotate-secret', requireOwnKey)

secretRotationRoutes.openapi(rotate, async (c) => {
  const { db, config, now, log } = c.get('context')
  const { id } = c.req.valid('param')
  const secret = newSecret()
  const nowMs = now()
  const encrypted = await encryptSecret(config.signingSecret, secret)
  const result = await rotateSecret(db, id, encrypted, nowMs)
  log('secret.rotated', { api_key_id: id, by: c.get('caller').keyId, result })
  switch (result) {
    case 'unknown_key':
      return problem(c, 'not_found', 'There is no such key, or it is revoked.')
    case 'too_often':
      return rateLimited(
        c,
        secretOverlapMs / 1_000,
        `There are already ${maxSecretsAtOnce} secrets that sign. Rotate again tomorrow.`,
      )
    case 'rotated':
      return c.json(
        { id, callback_secret: secret, overlap_until: new Date(nowMs + secretOverlapMs).toISOString() },
        200,
      )
  }
})
