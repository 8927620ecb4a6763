/** Accepts a validated job: stores its media and its row, and sends a wake-up. */

import { copyForRetry } from '../../assets/copy-for-retry.ts'
import { storeDataUris } from '../../assets/data-uris.ts'
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import { newId } from '../../core/id.ts'
import { jobPrefix } from '../../core/retention.ts'
import { traceIdOf } from '../../core/trace.ts'
import { encryptHeaders } from '../../deliveries/callback-headers.ts'
import { encryptSecret } from '../../deliveries/secrets.ts'
import { describeError } from '../../log.ts'
import { deleteAllExcept } from '../../media/delete.ts'
import { isDatabaseFull } from '../../store/database.ts'
import { draftEvent, insertEventIf } from '../../store/events.ts'
import { insertJob } from '../../store/jobs/insert-job.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import { type Reserved, releaseBudget, reserveBudget } from '../budget.ts'
import type { Choice, NewJob } from './choose-provider.ts'

/** `isNew` is false if another request with the same Idempotency-Key came first: `job` is its job. */
type Acceptance = { job: Job; isNew: boolean } | Extract<Reserved, { ok: false }>

/** Nothing is written if the job would pass the budget of its API key. */
export async function acceptJob(
  context: Context,
  {
    caller,
    idempotency,
    shard,
    traceparent,
  }: {
    caller: Caller
    idempotency: { key: string; hash: string } | null
    shard: number
    traceparent: string | null
  },
  { request: posted, retryOf }: NewJob,
  choice: Extract<Choice, { ok: true }>,
): Promise<Acceptance> {
  const {
    callback_secret,
    callback_headers = {},
    retention_days = context.config.retentionDays,
    ...fields
  } = posted
  const id = newId('job', shard)
  const { providers, reason, estimates, warnings } = choice
  const createdAt = context.now()
  // It comes before anything is written. If the outcome of the insert is unknown, the sweep looks whether there is a job.
  const reserved = await reserveBudget(context, caller, { id, estimates, request: posted, createdAt })
  if (!reserved.ok) return reserved
  const release = () =>
    releaseBudget(context, { id, apiKeyId: caller.keyId, createdAt, reservedMicros: reserved.micros })
  // Objects come before the row: after a crash, or an insert with an unknown outcome, reconciliation deletes the orphans.
  const owner = { id, apiKeyId: caller.keyId, project: caller.project }
  const storing =
    retryOf === null
      ? storeDataUris(context, owner, { ...fields, retention_days }, choice.metadata)
      : copyForRetry(context, owner, { ...fields, retention_days })
  const { request, assets } = await storing.catch(async (error) => {
    await release()
    throw error
  })
  const { signingSecret } = context.config
  const job = await insertJob(
    context.dbOf(id),
    {
      id,
      request,
      providers,
      warnings,
      estimates,
      choice: reason,
      apiKeyId: caller.keyId,
      project: caller.project,
      callbackSecret:
        callback_secret === undefined ? null : await encryptSecret(signingSecret, callback_secret),
      callbackHeaders: await encryptHeaders(signingSecret, callback_headers),
      reservedMicros: reserved.micros,
      idempotencyKey: idempotency?.key ?? null,
      idempotencyHash: idempotency?.hash ?? null,
      retryOf,
      traceparent,
      createdAt,
    },
    assets,
    context.config.indexedMetadata,
  ).catch(async (error) => {
    if (isDatabaseFull(error)) await release()
    throw error
  })
  if (job.id !== id) {
    await release()
    if (assets.length > 0) await deleteAllExcept(context.bucket, jobPrefix(id), () => false)
    return { job, isNew: false }
  }
  if (retryOf !== null) await noteRetry(context, job, retryOf)
  const { provider, model } = job
  context.log('job.accepted', { job_id: job.id, provider, model, trace_id: traceIdOf(job) })
  await context.queues.job({ id: job.id, status: 'queued' }, 0)
  return { job, isNew: true }
}

/**
 * The insert has noted it in the timeline of the retried job, if that is in the same database. Otherwise a failure is only
 * logged: the new job is accepted, and the caller must learn its id.
 */
async function noteRetry({ dbOf, now, log }: Context, { id }: Job, retryOf: string): Promise<void> {
  const db = dbOf(retryOf)
  if (db === dbOf(id)) return
  await insertEventIf(db, retryOf, draftEvent('job.retried', { job_id: id }, now())).catch((error) =>
    log('event.failed', { job_id: retryOf, error: describeError(error) }),
  )
}
