/**
 * The door for providers' webhooks: verify, read, make durable, answer. Nothing is parsed and no row is touched
 * here, because D1 stalls for seconds now and then and the provider waits about five.
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

type Door = { Variables: { context: Context } }

const path = '/:provider/:jobId/:token'
// Some providers add a slash to the URL that they are given.
const paths = [path, `${path}/`]
const maxBodyBytes = 128 * 1024

const onlyWithToken = createMiddleware<Door, typeof path>(async (c, next) => {
  const { config, now } = c.get('context')
  const isValid = isPlainPath(c.req.url) && (await isValidToken(config, c.req.param(), now()))
  if (!isValid) return c.notFound()
  return next()
})

// Before the body is read. A provider that does not repeat its post is polled all the same.
const onlyWithinRate = createMiddleware<Door, typeof path>(async (c, next) => {
  const { callbacks, log } = c.get('context')
  if (await isWithinRate(callbacks, c.req.param('jobId'), log)) return next()
  return c.text('too many posts for this job', 429, { 'retry-after': String(periodSeconds) })
})

const onlySmall = bodyLimit({
  maxSize: maxBodyBytes,
  onError: (c) => c.text(`at most ${maxBodyBytes} bytes`, 413),
})

export const webhookRoutes = new Hono<Door>()

for (const one of paths) webhookRoutes.post(one, onlyWithToken, onlyWithinRate, onlySmall, receive)

async function receive(c: HonoContext<Door, typeof path>) {
  const context = c.get('context')
  const { jobId, token } = c.req.param()
  const provider = providerNames.find((name) => name === c.req.param('provider'))
  if (provider === undefined) return c.notFound()
  // Crun echoes the callback URL in its body: the token must not be kept with it.
  const body = (await c.req.text()).replaceAll(token, '…')
  const heard = { jobId, provider, hash: await sha256(body), body, receivedAt: context.now() }
  if (!(await makeDurable(context, heard))) return c.text('try again', 503, { 'retry-after': '5' })
  // Exactly 200: Crun names it.
  return c.text('ok', 200)
}

/** The queue, else the journal. False: neither took it. */
async function makeDurable(context: Context, heard: ReceivedWebhook): Promise<boolean> {
  try {
    await context.queues.webhook(heard)
    return true
  } catch (error) {
    // The queue is down, or the body, escaped, is too large for one message.
    context.log('webhook.not_queued', {
      job_id: heard.jobId,
      provider: heard.provider,
      error: describeError(error),
    })
  }
  try {
    await journalWebhook(context.db, heard, context.now())
    await context.queues.job(heard.jobId, 0)
    return true
  } catch (error) {
    context.log('webhook.rejected', {
      job_id: heard.jobId,
      provider: heard.provider,
      error: describeError(error),
    })
    return false
  }
}
