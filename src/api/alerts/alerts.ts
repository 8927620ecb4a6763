/** GET /v1/alerts: the state of each alert, and the secret that verifies the messages. POST /v1/alerts/test: sends one. */
import { createRoute, z } from '@hono/zod-openapi'
import { testMessage } from '../../alerts/message.ts'
import { alertSecrets } from '../../alerts/secret.ts'
import { sendMessage } from '../../alerts/send.ts'
import { shapeOf } from '../../alerts/shapes/shape.ts'
import type { Context } from '../../context.ts'
import { newId } from '../../core/id.ts'
import { periodSeconds } from '../../rate-limit.ts'
import { readAlerts } from '../../store/alerts.ts'
import { rateLimited } from '../problems.ts'
import { invalidQuery, json, keyProblems, problemResponse, unexpectedBodyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { alertsSchema, viewAlerts } from './view.ts'

const testSchema = z
  .object({
    is_accepted: z.boolean(),
    status: z.int().nullable().meta({ description: 'The HTTP status; null if there was no response.' }),
    error: z.string().nullable().meta({ description: 'Why it was not accepted; null if it was.' }),
    response_body: z.string().nullable().meta({ description: 'The first kilobyte of the response body.' }),
  })
  .openapi('AlertTest')

const list = createRoute({
  operationId: 'listAlerts',
  tags: ['System'],
  method: 'get',
  path: '/',
  summary: 'List the alerts',
  description:
    'What the cron reported to ALERT_URL, and the state of each alert. Nothing is checked while ALERT_URL is not set. The URL is not shown.',
  request: { query: z.object({}) },
  responses: { ...keyProblems, 200: json('The alerts.', alertsSchema), 422: invalidQuery },
})

const test = createRoute({
  operationId: 'testAlerts',
  tags: ['System'],
  method: 'post',
  path: '/test',
  summary: 'Send a test message to ALERT_URL',
  description: 'Sends one message at once and shows the answer. It is not repeated.',
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    200: json('What the receiver answered, or why it did not.', testSchema),
    429: problemResponse('More than ten tests a minute with this API key, or too many requests.'),
  },
})

export const alertRoutes = createRouter()
  .openapi(list, async (c) => {
    const context = c.get('context')
    return c.json(viewAlerts(await readAlerts(context.db), await receiverOf(context)), 200)
  })
  .openapi(test, async (c) => {
    const context = c.get('context')
    const { config, now, probeLimit } = context
    if (config.alerts === null) return c.json(unset, 200)
    const { success: isAllowed } = await probeLimit.limit({ key: c.get('caller').keyId })
    if (!isAllowed) return rateLimited(c, periodSeconds, 'Ten tests a minute are allowed. Wait one minute.')
    const message = testMessage(`alert_test_${newId('event')}`, now(), config.publicBaseUrl)
    const { isAccepted, status, error, responseBody } = await sendMessage(context, config.alerts.url, message)
    return c.json({ is_accepted: isAccepted, status, error, response_body: responseBody }, 200)
  })

const unset = { is_accepted: false, status: null, error: 'ALERT_URL is not set', response_body: null }

async function receiverOf({ config }: Context) {
  if (config.alerts === null) return { receiver: null, secret: null }
  const receiver = shapeOf(config.alerts.url)
  const [secret] = await alertSecrets(config.signingSecret)
  return { receiver, secret: receiver === 'webhook' ? secret : null }
}
