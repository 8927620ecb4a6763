/**
 * The endpoint for providers' webhooks: verify the URL, read the body, make it durable, respond. Nothing is parsed and
 * no row is read here, because D1 sometimes stalls for seconds and a provider waits about five. It is a plain function
 * without a router, because it is the busiest route, and each of a burst's webhooks waits for those before it.
 */
import type { Context } from '../context.ts'
import { sha256 } from '../core/crypto/derived-keys.ts'
import { readBounded } from '../core/http/read-bounded.ts'
import { type ProviderName, providerNames } from '../core/request/choices.ts'
import { describeError } from '../log.ts'
import { isWithinRate, periodSeconds } from '../rate-limit.ts'
import { journalWebhook } from '../store/jobs/webhooks.ts'
import { type PostedWebhook, signatureOf, verdictOn, withoutSignature } from './signature.ts'
import { isValidToken } from './token.ts'

const maxBodyBytes = 128 * 1024

/** The parts of a callback URL. */
export interface Callback {
  provider: ProviderName
  jobId: string
  token: string
}

/** The callback that the request posts to. Null: it is for another route. */
export function callbackOf({ method, url }: Request): Callback | null {
  if (method !== 'POST') return null
  const [, named, jobId, token] = callbackPath.exec(new URL(url).pathname) ?? []
  const provider = providerNames.find((name) => name === named)
  return provider === undefined || jobId === undefined || token === undefined
    ? null
    : { provider, jobId, token }
}

// The path as it was issued: it needs no escapes, so an escape is another spelling. Some providers append a slash.
const callbackPath = /^\/webhooks\/([^/%]+)\/([^/%]+)\/([^/%]+)\/?$/

/** Null: the token is not valid, so there is nothing at this URL. */
export async function receiveWebhook(
  context: Context,
  callback: Callback,
  request: Request,
): Promise<Response | null> {
  const { config, callbacks, log, now } = context
  const { provider, jobId, token } = callback
  if (!(await isValidToken(config, callback, now()))) return null
  // Checked before the body is read. A provider that does not repeat its webhook is still polled.
  if (!(await isWithinRate(callbacks, jobId, log))) {
    return respond(429, 'too many webhooks for this job', { 'retry-after': String(periodSeconds) })
  }
  const received = await readBounded(request, maxBodyBytes)
  if (received === 'too_large') return respond(413, `at most ${maxBodyBytes} bytes`)
  if (received === 'unreadable_body') return respond(400, 'the body was cut off')
  // Crun repeats the callback URL in the body: the token must not be stored.
  const body = new TextDecoder().decode(received).replaceAll(token, '…')
  const signature = await signatureOf(context, provider, request, received)
  const webhook = { jobId, provider, hash: await sha256(body), body, receivedAt: now(), signature }
  if (!(await makeDurable(context, webhook))) return respond(503, 'try again', { 'retry-after': '5' })
  // Exactly 200, as Crun's documents require.
  return respond(200, 'ok')
}

function respond(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(text, { status, headers: { 'cache-control': 'no-store', ...headers } })
}

/** Puts it into the queue, or else into the journal. False: neither accepted it. */
async function makeDurable(context: Context, webhook: PostedWebhook): Promise<boolean> {
  try {
    await context.queues.webhook(webhook)
    return true
  } catch (error) {
    // The queue is down, or the escaped body is too large for one message.
    context.log('webhook.not_queued', {
      job_id: webhook.jobId,
      provider: webhook.provider,
      error: describeError(error),
    })
  }
  try {
    // A forged one is accepted and dropped, as by the queue. The journal keeps no signature to verify it by later.
    if ((await verdictOn(context, webhook)) === 'invalid') return true
    await journalWebhook(context.dbOf(webhook.jobId), withoutSignature(webhook), context.now())
    await context.queues.result(webhook.jobId)
    return true
  } catch (error) {
    context.log('webhook.rejected', {
      job_id: webhook.jobId,
      provider: webhook.provider,
      error: describeError(error),
    })
    return false
  }
}
