/** POST /v1/callbacks/test: sends a callback URL a valid, a forged, a stale and a repeated delivery. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from '../../context.ts'
import { eventFormatSchema } from '../../core/request/event-fields.ts'
import { callbackSecretSchema, callbackUrlSchema } from '../../core/request/request.ts'
import { rejectUrl } from '../../core/url/policy.ts'
import { reportOn, verdictNames } from '../../deliveries/receiver-test/report.ts'
import {
  sendTestDeliveries,
  type TestDeliveries,
  type TestDelivery,
  testDeliveryNames,
} from '../../deliveries/receiver-test/send.ts'
import { type Signers, signersFor, signersOf } from '../../deliveries/sign.ts'
import { periodSeconds } from '../../rate-limit.ts'
import { findApiKey, secretsOf } from '../../store/deliveries/api-keys.ts'
import { adminKeyId } from '../auth.ts'
import { problem, rateLimited } from '../problems.ts'
import { bodyProblems, json, jsonBody, keyProblems, problemResponse } from '../responses.ts'
import { createRouter } from '../router.ts'

const testSchema = z.strictObject({
  url: callbackUrlSchema,
  secret: callbackSecretSchema.optional().meta({
    description:
      'The secret that signs. The default is the callback secret of the API key; the admin key has none.',
  }),
  format: eventFormatSchema.default('reelhook').meta({
    description: 'The format of the bodies and headers. The type of the event is callback.test in each.',
  }),
})

const testDeliverySchema = z.object({
  name: z.enum(testDeliveryNames),
  status: z.int().nullable().meta({ description: 'The HTTP status; null if there was no response.' }),
  duration_ms: z.int().nullable().meta({ description: 'Null if it was not sent.' }),
  error: z.string().nullable().meta({ description: 'Why it was not accepted; null if it was.' }),
  redirect_host: z
    .string()
    .nullable()
    .meta({ description: 'The host of a redirect, which is not followed.' }),
})

const reportSchema = z
  .object({
    ok: z.boolean().meta({ description: 'Whether every result is passed.' }),
    test_deliveries: z.array(testDeliverySchema),
    results: z.array(
      z.object({
        name: z.enum(verdictNames),
        result: z.enum(['passed', 'failed', 'unknown']),
        message: z.string(),
      }),
    ),
  })
  .openapi('CallbackReport')

export type CallbackReport = z.infer<typeof reportSchema>

const test = createRoute({
  operationId: 'testCallback',
  tags: ['Callbacks'],
  method: 'post',
  path: '/test',
  summary: 'Test a callback URL',
  description:
    'Sends four deliveries of the type callback.test, which need no action: a valid one, one with a forged signature, one with a timestamp of an hour ago, and the valid one again. They are not stored and not retried.',
  request: { body: jsonBody(testSchema) },
  responses: {
    ...keyProblems,
    ...bodyProblems,
    200: json('The response of the receiver to each delivery, and what it shows.', reportSchema),
    429: problemResponse('More than ten tests a minute with this API key, or too many requests.'),
  },
})

export const callbackRoutes = createRouter().openapi(test, async (c) => {
  const context = c.get('context')
  const caller = c.get('caller').keyId
  const { url, secret, format } = c.req.valid('json')
  const signers = await chooseSigners(context, caller, secret)
  const urlFault = rejectUrl(url, context.config.reach)
  const errors = [
    ...(urlFault === null ? [] : [{ path: 'url', message: urlFault }]),
    ...(signers === null ? [{ path: 'secret', message: missingSecretFault(caller) }] : []),
  ]
  if (signers === null || errors.length > 0) {
    return problem(c, 'invalid_request', 'Nothing was sent. Correct the fields in errors.', errors)
  }
  const { success: isAllowed } = await context.probeLimit.limit({ key: caller })
  if (!isAllowed) return rateLimited(c, periodSeconds, 'Ten tests a minute are allowed. Wait one minute.')

  const testDeliveries = await sendTestDeliveries(context, { url, format }, signers)
  const report = viewReport(testDeliveries)
  context.log('callback.tested', {
    api_key_id: caller,
    host: new URL(url).host,
    ok: report.ok,
    status: testDeliveries.valid.status,
  })
  return c.json(report, 200)
})

async function chooseSigners(
  { db, config, now }: Context,
  apiKeyId: string,
  secret: string | undefined,
): Promise<Signers | null> {
  if (secret !== undefined) return signersFor(config.signingSecret, [secret])
  const key = await findApiKey(db, apiKeyId)
  return key === null ? null : signersOf(config.signingSecret, secretsOf(key, now()))
}

function missingSecretFault(apiKeyId: string): string {
  return apiKeyId === adminKeyId
    ? 'is required with the admin key, which has no callback secret'
    : 'is required: the callback secret of the API key cannot be decrypted, because SIGNING_SECRET was changed. Rotate it.'
}

export function viewReport(testDeliveries: TestDeliveries): CallbackReport {
  const results = reportOn(testDeliveries).map(({ name, verdict, message }) => ({
    name,
    result: verdict,
    message,
  }))
  return {
    ok: results.every(({ result }) => result === 'passed'),
    test_deliveries: testDeliveryNames.map((name) => viewTestDelivery(testDeliveries[name])),
    results,
  }
}

function viewTestDelivery({
  name,
  status,
  durationMs,
  error,
  redirectHost,
}: TestDelivery): z.infer<typeof testDeliverySchema> {
  return { name, status, duration_ms: durationMs, error, redirect_host: redirectHost }
}
