/**
 * The endpoint to which a provider uploads a video: verify the URL, stream the body into R2, record it on its task,
 * respond. A received video ends nothing: it makes the job due, and the provider is polled.
 */
import { Hono, type Context as HonoContext } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Context } from '../context.ts'
import { isMediaFault, type MediaFaultCode, ok, type Result } from '../core/fault.ts'
import { isPlainPath } from '../core/url/signed-spelling.ts'
import { describeError } from '../log.ts'
import type { StoredObject } from '../media/write.ts'
import { isWithinRate, periodSeconds } from '../rate-limit.ts'
import {
  destinationFor,
  type RecordedUpload,
  recordReceivedVideo,
  type UploadTask,
} from '../store/jobs/provider-uploads.ts'
import { saveReceivedVideo } from './save.ts'
import { isValidToken } from './token.ts'

type UploadEnv = { Variables: { context: Context } }

const path = '/:jobId/:n/:token'
// As for webhooks: some providers append a slash to the URL.
const paths = [path, `${path}/`]

const onlyWithToken = createMiddleware<UploadEnv, typeof path>(async (c, next) => {
  const { config, now } = c.get('context')
  const isValid = isPlainPath(c.req.url) && (await isValidToken(config, c.req.param(), now()))
  if (!isValid) return c.notFound()
  return next()
})

const onlyWithinRate = createMiddleware<UploadEnv, typeof path>(async (c, next) => {
  const { callbacks, log } = c.get('context')
  if (await isWithinRate(callbacks, `upload ${c.req.param('jobId')}`, log)) return next()
  return c.text('too many uploads for this job', 429, { 'retry-after': String(periodSeconds) })
})

export const uploadRoutes = new Hono<UploadEnv>()

for (const one of paths) uploadRoutes.put(one, onlyWithToken, onlyWithinRate, respond)

async function respond(c: HonoContext<UploadEnv, typeof path>) {
  const { jobId, n } = c.req.param()
  const receiving = receive(c.get('context'), { jobId, n: Number(n) }, c.req.raw)
  // A provider that hangs up ends this invocation, but a write to R2 that has begun must still be finished or aborted.
  c.executionCtx.waitUntil(Promise.allSettled([receiving]))
  const received = await receiving
  if (!received.ok) {
    const { code, message } = received.fault
    if (!isMediaFault(code)) throw new Error(`an upload cannot fail with ${code}`)
    return c.text(message, statuses[code])
  }
  switch (received.value) {
    case 'stored':
    case 'late':
    case 'repeated':
      return c.text('ok', 200)
    case 'full':
      return c.text('too many different videos were uploaded', 409)
    case 'unawaited':
      return c.text('this video is not awaited', 410)
  }
}

// D1 or R2 is in trouble. The object in R2 may already be recorded, so it stays: the end of the job deletes orphans.
uploadRoutes.onError((error, c) => {
  c.get('context').log('upload.rejected', { job_id: c.req.param('jobId'), error: describeError(error) })
  return c.text('try again', 503, { 'retry-after': '5' })
})

const statuses: Record<MediaFaultCode, 400 | 408 | 413 | 415> = {
  media_unavailable: 408,
  media_too_large: 413,
  media_wrong_type: 415,
  media_truncated: 400,
  media_expired: 400,
  media_forbidden: 400,
  media_host_unlisted: 400,
}

async function receive(
  context: Context,
  task: UploadTask,
  request: Request,
): Promise<Result<RecordedUpload>> {
  const { dbOf, bucket, config, log, now } = context
  const destination = await destinationFor(dbOf(task.jobId), task)
  const logReceived = (fields: object) =>
    log('upload.received', { job_id: task.jobId, task_n: task.n, ...fields })
  if (typeof destination === 'string') {
    logReceived({ result: destination })
    return ok(destination)
  }
  const startedAt = now()
  const settings = { bucket, maxBytes: config.maxOutputBytes }
  const stored = await saveReceivedVideo(settings, request, { prefix: destination.prefix, n: task.n })
  const duration_ms = now() - startedAt
  if (!stored.ok) {
    logReceived({ duration_ms, fault: stored.fault.code })
    return stored
  }
  const result = await record(context, task, stored.value)
  logReceived({ duration_ms, bytes: stored.value.bytes, result })
  return ok(result)
}

async function record(
  { dbOf, bucket, queues, now }: Context,
  task: UploadTask,
  object: StoredObject,
): Promise<RecordedUpload> {
  const result = await recordReceivedVideo(
    dbOf(task.jobId),
    task,
    { ...object, arrivedAt: now(), others: 0 },
    now(),
  )
  switch (result) {
    case 'stored':
      await queues.result(task.jobId)
      break
    case 'late':
      await queues.late([task.jobId], 0)
      break
    case 'repeated':
    case 'full':
    case 'unawaited':
      await bucket.delete(object.key)
  }
  return result
}
