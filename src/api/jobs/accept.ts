/** Accepts a validated job: stores its media and its row, and sends a wake-up. */

import { copyForRetry } from '../../assets/copy-for-retry.ts'
import { storeDataUris } from '../../assets/data-uris.ts'
import type { Context } from '../../context.ts'
import { newId } from '../../core/id.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import { jobPrefix } from '../../core/retention.ts'
import { encryptSecret } from '../../deliveries/secrets.ts'
import { deleteAllExcept } from '../../media/delete.ts'
import { insertJob } from '../../store/jobs/insert-job.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import type { Choice } from './choose-provider.ts'

export interface NewJob {
  request: PostedRequest
  retryOf: string | null
}

/** Null: another request with the same Idempotency-Key came first. */
export async function acceptJob(
  context: Context,
  caller: { apiKeyId: string; idempotency: { key: string; hash: string } | null },
  { request: posted, retryOf }: NewJob,
  choice: Extract<Choice, { ok: true }>,
): Promise<Job | null> {
  const { callback_secret, retention_days = context.config.retentionDays, ...fields } = posted
  const id = newId('job')
  // Objects come before the row: after a crash, or an insert with an unknown outcome, reconciliation deletes the orphans.
  const owner = { id, apiKeyId: caller.apiKeyId }
  const { request, assets } =
    retryOf === null
      ? await storeDataUris(context, owner, { ...fields, retention_days }, choice.metadata)
      : await copyForRetry(context, owner, { ...fields, retention_days })
  const { providers, estimates, warnings } = choice
  const nowMs = context.now()
  const { signingSecret } = context.config
  const job = await insertJob(
    context.db,
    {
      id,
      request,
      providers,
      warnings,
      estimates,
      apiKeyId: caller.apiKeyId,
      callbackSecret:
        callback_secret === undefined ? null : await encryptSecret(signingSecret, callback_secret),
      idempotencyKey: caller.idempotency?.key ?? null,
      idempotencyHash: caller.idempotency?.hash ?? null,
      retryOf,
      createdAt: nowMs,
    },
    assets,
    context.config.indexedMetadata,
  )
  if (job === null) {
    if (assets.length > 0) await deleteAllExcept(context.bucket, jobPrefix(id), () => false)
    return null
  }
  context.log('job.accepted', { job_id: job.id, provider: job.provider, model: job.model })
  await context.queues.job({ id: job.id, status: 'queued' }, 0)
  return job
}
