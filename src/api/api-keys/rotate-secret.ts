/** POST /v1/api-keys/:id/rotate-secret, for the admin key and for the key itself: a new secret, with an overlap. */
import { createRoute, z } from '@hono/zod-openapi'
import { maxSecretsAtOnce, secretOverlapMs } from '../../core/schedule.ts'
import { encryptSecret, newSecret } from '../../deliveries/secrets.ts'
import { rotateSecret } from '../../store/deliveries/api-keys.ts'
import { adminKeyId } from '../auth.ts'
import { problem, problemResponse, tooOften, withoutKey, withUnaskedBody } from '../problems.ts'
import { createRouter } from '../router.ts'

const overlapHours = secretOverlapMs / 3_600_000

const rotationSchema = z
  .object({
    id: z.string(),
    callback_secret: z.string().openapi({ description: 'Signs from now on. Shown this once.' }),
    overlap_until: z.iso
      .datetime()
      .openapi({ description: 'Until then the secret before it signs too, second in webhook-signature.' }),
  })
  .openapi('SecretRotation')

const rotate = createRoute({
  method: 'post',
  path: '/{id}/rotate-secret',
  summary: "Rotate an API key's callback secret",
  description: `For ${overlapHours} hours every delivery is signed with both secrets, the new one first; then with the new one alone. Jobs with a callback_secret of their own keep it. For the key itself, and the admin key.`,
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...withoutKey,
    ...withUnaskedBody,
    200: {
      description: 'The new secret.',
      content: { 'application/json': { schema: rotationSchema } },
    },
    403: problemResponse('Neither the admin key nor the key itself.'),
    404: problemResponse('There is no such key, or it is revoked.'),
    429: problemResponse(
      `${maxSecretsAtOnce} secrets sign already; one of them ends within ${overlapHours} hours. Or too many posts.`,
    ),
  },
})

export const secretRotationRoutes = createRouter()

secretRotationRoutes.openapi(rotate, async (c) => {
  const { db, config, now, log } = c.get('context')
  const { id } = c.req.valid('param')
  const caller = c.get('apiKeyId')
  if (caller !== adminKeyId && caller !== id) {
    return problem(c, 'forbidden', "Only the admin key may rotate another key's secret.")
  }
  const secret = newSecret()
  const nowMs = now()
  const sealed = await encryptSecret(config.signingSecret, secret)
  const result = await rotateSecret(db, id, sealed, nowMs)
  log('secret.rotated', { api_key_id: id, by: caller, result })
  switch (result) {
    case 'unknown_key':
      return problem(c, 'not_found', 'There is no such key, or it is revoked.')
    case 'too_often':
      return tooOften(
        c,
        secretOverlapMs / 1_000,
        `${maxSecretsAtOnce} secrets sign already. Rotate again tomorrow.`,
      )
    case 'rotated':
      return c.json(
        { id, callback_secret: secret, overlap_until: new Date(nowMs + secretOverlapMs).toISOString() },
        200,
      )
  }
})
