/**
 * The endpoint for providers' webhooks: verify the URL, read the body, make it durable, respond. Nothing is parsed and
 * no row is read here, because D1 sometimes stalls for seconds and a provider waits about five.
 */
import { Hono, type Context as HonoContext } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import type { Context } from '../context.ts'
import { sha256 } from '../core/crypto/derived-keys.ts'
import { providerNames } from '../core/request/request.ts'
import { isPlainPath } from '../core/url/signed-spelling.ts'
import { describeError } from '../log.ts'
import { isWithinRate, periodSeconds } from '../rate-limit.ts'
import { journalWebhook, type ReceivedWebhook } from '../store/jobs/webhooks.ts'
import { isValidToken } from './token.ts'

type WebhookEnv = { Variables: { context: Context } }

const path = '/:provider/:jobId/:token'
// Some providers append a slash to the URL.
const paths = [path, `${path}/`]
const maxBodyBytes = 128 * 1024

const onlyWithToken = createMiddleware<WebhookEnv, typeof path>(async (c, next) => {
  const { config, now } = c.get('context')
  const isValid = isPlainPath(c.req.url) && (await isValidToken(config, c.req.param(), now()))
  if (!isValid) return c.notFound()
  return next()
})

// Checked before the body is read. A provider that does not repeat its webhook is still polled.
const onlyWithinRate = createMiddleware<WebhookEnv, typeof path>(async (c, next) => {
  const { callbacks, log } = c.get('context')
  if (await isWithinRate(callbacks, c.req.param('jobId'), log)) return next()
  return c.text('too many webhooks for this job', 429, { 'retry-after': String(periodSeconds) })
})

const onlySmall = bodyLimit({
  maxSize: maxBodyBytes,
  onError: (c) => c.text(`at most ${maxBodyBytes} bytes`, 413),
})

export const webhookRoutes = new Hono<WebhookEnv>()

for (const one of paths) webhookRoutes.post(one, onlyWithToken, onlyWithinRate, onlySmall, receive)

async function receive(c: HonoContext<WebhookEnv, typeof path>) {
  const context = c.get('context')
  const { jobId, token } = c.req.param()
  const provider = providerNames.find((name) => name === c.req.param('provider'))
  if (provider === undefined) return c.notFound()
  // Crun repeats the callback URL in the body: the token must not be stored.
  const body = (await c.req.text()).replaceAll(token, '…')
  const webhook = { jobId, provider, hash: await sha256(body), body, receivedAt: context.now() }
  if (!(await makeDurable(context, webhook))) return c.text('try again', 503, { 'retry-after': '5' })
  // Exactly 200, as Crun's documents require.
  return c.text('ok', 200)
}

/** Puts it into the queue, or else into the journal. False: neither accepted it. */
async function makeDurable(context: Context, webhook: ReceivedWebhook): Promise<boolean> {
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
    await journalWebhook(context.dbOf(webhook.jobId), webhook, context.now())
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
