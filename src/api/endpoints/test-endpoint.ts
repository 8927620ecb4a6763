/** POST /v1/endpoints/:id/test: sends an endpoint one example event, and shows its answer. */

import { createRoute, z } from '@hono/zod-openapi'
import { sees } from '../../core/access.ts'
import { type EventType, eventTypes, formatFault } from '../../core/event.ts'
import { openrouterKey } from '../../core/event-formats/openrouter.ts'
import { newId } from '../../core/id.ts'
import { attemptPost } from '../../deliveries/attempt.ts'
import { type Attempted, failureText, notSent } from '../../deliveries/classify.ts'
import { headersOf } from '../../deliveries/headers.ts'
import { signersOf } from '../../deliveries/sign.ts'
import { periodSeconds } from '../../rate-limit.ts'
import { type Endpoint, findEndpoint } from '../../store/deliveries/endpoints.ts'
import { readHeaders } from '../deliveries/view.ts'
import { exampleEvent, exampleJob } from '../description/event-examples.ts'
import { answerFor, urlFor } from '../hidden-urls.ts'
import { problem, rateLimited } from '../problems.ts'
import { bodyProblems, json, keyProblems, problemResponse } from '../responses.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import { noSuchEndpoint } from './view.ts'

const testSchema = z
  .strictObject({
    event_type: z
      .enum(eventTypes)
      .optional()
      .openapi({ description: 'The default is the first of its event_types.' }),
  })
  .openapi('EndpointTestRequest')

const verdicts = ['delivered', 'refused', 'gone', 'aborted', 'no_response', 'not_sent'] as const

const resultSchema = z
  .object({
    event_id: z.string().openapi({ description: 'The webhook-id of the request.' }),
    event_type: z.enum(eventTypes),
    url: z.string(),
    verdict: z.enum(verdicts).openapi({
      description:
        'How a delivery would end with this answer. gone and aborted: it would not be tried again. not_sent: no request was made, and error says why.',
    }),
    status: z.int().nullable().openapi({ description: 'The HTTP status; null if there was no response.' }),
    duration_ms: z.int(),
    error: z.string().nullable().openapi({ description: 'Why it was not accepted; null if it was.' }),
    response_headers: z.record(z.string(), z.string()).nullable(),
    response_body: z.string().nullable().openapi({ description: 'The first kilobyte of the response body.' }),
  })
  .openapi('EndpointTest')

export type EndpointTest = z.infer<typeof resultSchema>

const test = createRoute({
  operationId: 'testEndpoint',
  tags: ['Endpoints'],
  method: 'post',
  path: '/{id}/test',
  summary: 'Send an endpoint an example event',
  description:
    'Sends one signed example event at once, also to a disabled endpoint. Its body is the example of GET /v1/event-types in the format of the endpoint, with "test": true beside its type. It is not stored, not retried, and counts for nothing.',
  request: {
    params: z.object({ id: z.string() }),
    body: { content: { 'application/json': { schema: testSchema } } },
  },
  responses: {
    ...keyProblems,
    ...bodyProblems,
    ...noSuchEndpoint,
    200: json('What the endpoint answered, or why it did not.', resultSchema),
    429: problemResponse('More than ten tests a minute with this API key, or too many requests.'),
  },
})

export const endpointTestRoutes = createRouter().openapi(test, async (c) => {
  const context = c.get('context')
  const caller = c.get('caller')
  const { keyId } = caller
  const endpoint = await findEndpoint(context.db, c.req.valid('param').id)
  if (endpoint === null || !sees(caller, endpoint))
    return problem(c, 'not_found', 'There is no such endpoint.')
  const { event_type = endpoint.eventTypes[0] ?? 'job.succeeded' } = c.req.valid('json')
  const message = formatFault(endpoint.format, [event_type])
  if (message !== null) {
    const fault = { path: 'event_type', message: `does not fit: the test ${message}` }
    return problem(c, 'invalid_request', 'Nothing was sent. Correct the fields in errors.', [fault])
  }
  const { success: isAllowed } = await context.probeLimit.limit({ key: keyId })
  if (!isAllowed) return rateLimited(c, periodSeconds, 'Ten tests a minute are allowed. Wait one minute.')
  const result = await send(context, endpoint, event_type)
  context.log('endpoint.tested', {
    api_key_id: keyId,
    endpoint_id: endpoint.id,
    host: endpoint.host,
    event_type,
    verdict: result.verdict,
    status: result.status,
    duration_ms: result.duration_ms,
  })
  return c.json({ ...answerFor(caller, result), url: urlFor(caller, endpoint.url) }, 200)
})

async function send(
  context: ApiEnv['Variables']['context'],
  { url, secret, format }: Endpoint,
  type: EventType,
): Promise<EndpointTest> {
  const startedAt = context.now()
  const eventId = newId('event')
  const { type: name, ...event } = exampleEvent(type, format, { id: eventId, atMs: startedAt })
  const body = JSON.stringify({ type: name, test: true, ...event })
  const signers = await signersOf(context.config.signingSecret, [secret])
  const idempotencyKey = openrouterKey(exampleJob('queued').id, type)
  const headers = signers && (await headersOf(signers, { eventId, body, format, idempotencyKey }, startedAt))
  const answer = await attemptPost(context, { url, body, signatureHeaders: headers })
  const attempted = answer === 'no_connection' ? notSent('no connection was free in time') : answer
  return viewTest({ eventId, type, url, durationMs: context.now() - startedAt }, attempted)
}

export function viewTest(
  { eventId, type, url, durationMs }: { eventId: string; type: EventType; url: string; durationMs: number },
  attempted: Attempted,
): EndpointTest {
  return {
    event_id: eventId,
    event_type: type,
    url,
    verdict: verdictOf(attempted),
    status: attempted.status,
    duration_ms: durationMs,
    error: failureText(attempted),
    response_headers: readHeaders(attempted.responseHeaders),
    response_body: attempted.responseBody,
  }
}

function verdictOf({ verdict, status, host }: Attempted): (typeof verdicts)[number] {
  if (host === 'not_sent') return 'not_sent'
  return status === null ? 'no_response' : verdict
}
