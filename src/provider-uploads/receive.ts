/**
 * The door for videos that a provider uploads by itself: verify, stream into R2, write it on the ledger line, answer.
 * That one came ends nothing: it makes the job due, and its provider is asked.
 */
import { Hono, type Context as HonoContext } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Context } from '../context.ts'
import { type FaultCode, ok, type Result } from '../core/fault.ts'
import { isPlainPath } from '../core/url/signed-spelling.ts'
import { describeError } from '../log.ts'
import type { StoredObject } from '../media/write.ts'
import { isWithinRate, periodSeconds } from '../rate-limit.ts'
import {
  destinationFor,
  type Received,
  recordReceivedVideo,
  type UploadTask,
} from '../store/jobs/provider-uploads.ts'
import { saveReceivedVideo } from './save.ts'
import { isValidToken } from './token.ts'

type Door = { Variables: { context: Context } }

const path = '/:jobId/:n/:token'
// As at the door for webhooks: a slash at the end is the same URL.
const paths = [path, `${path}/`]

const onlyWithToken = createMiddleware<Door, typeof path>(async (c, next) => {
  const { config, now } = c.get('context')
  const isValid = isPlainPath(c.req.url) && (await isValidToken(config, c.req.param(), now()))
  if (!isValid) return c.notFound()
  return next()
})

const onlyWithinRate = createMiddleware<Door, typeof path>(async (c, next) => {
  const { callbacks, log } = c.get('context')
  if (await isWithinRate(callbacks, `upload ${c.req.param('jobId')}`, log)) return next()
  return c.text('too many uploads for this job', 429, { 'retry-after': String(periodSeconds) })
})

export const uploadRoutes = new Hono<Door>()

for (const one of paths) uploadRoutes.put(one, onlyWithToken, onlyWithinRate, answer)

async function answer(c: HonoContext<Door, typeof path>) {
  const { jobId, n } = c.req.param()
  const receiving = receive(c.get('context'), { jobId, n: Number(n) }, c.req.raw)
  // A provider that hangs up ends this invocation; what was begun in R2 is to be ended in order all the same.
  c.executionCtx.waitUntil(Promise.allSettled([receiving]))
  const received = await receiving
  if (!received.ok) return c.text(received.fault.message, statuses[received.fault.code] ?? 400)
  switch (received.value) {
    case 'stored':
    case 'repeated':
      return c.text('ok', 200)
    case 'full':
      return c.text('too many different videos have come', 409)
    case 'unawaited':
      return c.text('nobody waits for this video', 410)
  }
}

// D1 or R2 is in trouble. What is in R2 already may be on its line, so it stays; the end of the job removes what is not.
uploadRoutes.onError((error, c) => {
  c.get('context').log('upload.rejected', { job_id: c.req.param('jobId'), error: describeError(error) })
  return c.text('try again', 503, { 'retry-after': '5' })
})

const statuses: Partial<Record<FaultCode, 408 | 413 | 415>> = {
  media_unavailable: 408,
  media_too_large: 413,
  media_wrong_type: 415,
}

async function receive(context: Context, line: UploadTask, request: Request): Promise<Result<Received>> {
  const { db, bucket, config, log, now } = context
  const place = await destinationFor(db, line)
  const say = (said: object) => log('upload.received', { job_id: line.jobId, task_n: line.n, ...said })
  if (typeof place === 'string') {
    say({ result: place })
    return ok(place)
  }
  const startedAt = now()
  const kept = await saveReceivedVideo({ bucket, maxBytes: config.maxOutputBytes }, request, {
    ...place,
    n: line.n,
  })
  const duration_ms = now() - startedAt
  if (!kept.ok) {
    say({ duration_ms, fault: kept.fault.code })
    return kept
  }
  const result = await record(context, line, kept.value)
  say({ duration_ms, bytes: kept.value.bytes, result })
  return ok(result)
}

async function record(
  { db, bucket, queues: nudges, now }: Context,
  line: UploadTask,
  kept: StoredObject,
): Promise<Received> {
  const result = await recordReceivedVideo(db, line, { ...kept, arrivedAt: now(), others: 0 }, now())
  if (result === 'stored') await nudges.job(line.jobId, 0)
  else await bucket.delete(kept.key)
  return result
}
