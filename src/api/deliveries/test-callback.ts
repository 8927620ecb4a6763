/** POST /v1/callbacks/test: what a callback URL does with a valid delivery, a forged, a stale and a repeated one. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from '../../context.ts'
import { callbackSecretSchema, callbackUrlSchema } from '../../core/request/request.ts'
import { rejectUrl } from '../../core/url/policy.ts'
import { reportOn, verdictNames } from '../../deliveries/receiver-test/report.ts'
import {
  sendTestDeliveries,
  type TestDelivery,
  testDeliveryNames,
} from '../../deliveries/receiver-test/send.ts'
import { type Signers, signersFor, signersOf } from '../../deliveries/sign.ts'
import { periodSeconds } from '../../rate-limit.ts'
import { findApiKey, secretsOf } from '../../store/deliveries/api-keys.ts'
import { adminKeyId } from '../auth.ts'
import { problem, problemResponse, tooOften, withBody, withoutKey } from '../problems.ts'
import { createRouter } from '../router.ts'

const testSchema = z.strictObject({
  url: callbackUrlSchema,
  secret: callbackSecretSchema
    .optional()
    .meta({ description: "What signs. Unset, the key's own callback_secret; the admin key has none." }),
})

const probeSchema = z.object({
  name: z.enum(testDeliveryNames),
  status: z.int().nullable().meta({ description: 'The HTTP status; null when no answer came.' }),
  duration_ms: z.int().nullable().meta({ description: 'Null when it was not sent.' }),
  error: z.string().nullable().meta({ description: 'Why it did not count as taken; null when it did.' }),
  redirect_host: z.string().nullable().meta({ description: 'Where a redirect leads; it is not followed.' }),
})

const reportSchema = z
  .object({
    ok: z.boolean().meta({ description: 'Whether every verdict is passed.' }),
    probes: z.array(probeSchema),
    verdicts: z.array(
      z.object({
        name: z.enum(verdictNames),
        verdict: z.enum(['passed', 'failed', 'unknown']),
        message: z.string(),
      }),
    ),
  })
  .openapi('CallbackReport')

const test = createRoute({
  method: 'post',
  path: '/test',
  summary: 'Test a callback URL',
  description:
    'Sends four deliveries of the type callback.test, which mean nothing: a valid one, one with a forged signature, one signed an hour ago, and the valid one again. Nothing is kept or tried again.',
  request: { body: { required: true, content: { 'application/json': { schema: testSchema } } } },
  responses: {
    ...withoutKey,
    200: {
      description: 'What the receiver did with each, and what that says of it.',
      content: { 'application/json': { schema: reportSchema } },
    },
    ...withBody,
    422: problemResponse('Every fault of the body.'),
    429: problemResponse('More than ten tests a minute with this key, or too many posts.'),
  },
})

export const callbackRoutes = createRouter().openapi(test, async (c) => {
  const context = c.get('context')
  const caller = c.get('apiKeyId')
  const { url, secret } = c.req.valid('json')
  const signers = await signersWith(context, caller, secret)
  const objection = rejectUrl(url, context.config.reach)
  const errors = [
    ...(objection === null ? [] : [{ path: 'url', message: objection }]),
    ...(signers === null ? [{ path: 'secret', message: whyNoSecret(caller) }] : []),
  ]
  if (signers === null || errors.length > 0) {
    return problem(c, 'invalid_request', 'Nothing was sent. Correct the fields named in errors.', errors)
  }
  const { success: isAllowed } = await context.probeLimit.limit({ key: caller })
  if (!isAllowed) return tooOften(c, periodSeconds, 'Ten tests a minute are allowed. Wait one.')

  const probes = await sendTestDeliveries(context, url, signers)
  const verdicts = reportOn(probes)
  const ok = verdicts.every(({ verdict }) => verdict === 'passed')
  const { host } = new URL(url)
  context.log('callback.tested', { api_key_id: caller, host, ok, status: probes.valid.status })
  return c.json({ ok, probes: testDeliveryNames.map((name) => viewProbe(probes[name])), verdicts }, 200)
})

async function signersWith(
  { db, config, now }: Context,
  apiKeyId: string,
  secret: string | undefined,
): Promise<Signers | null> {
  if (secret !== undefined) return signersFor(config.signingSecret, [secret])
  const key = await findApiKey(db, apiKeyId)
  return key === null ? null : signersOf(config.signingSecret, secretsOf(key, now()))
}

function whyNoSecret(apiKeyId: string): string {
  return apiKeyId === adminKeyId
    ? 'is needed with the admin key, which has no secret of its own'
    : 'is needed: that of the key cannot be opened any more, because SIGNING_SECRET was changed. Rotate it.'
}

function viewProbe({
  name,
  status,
  durationMs,
  error,
  redirectHost,
}: TestDelivery): z.infer<typeof probeSchema> {
  return { name, status, duration_ms: durationMs, error, redirect_host: redirectHost }
}
