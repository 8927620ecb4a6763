/** Accepting a job: the promise is written, and a nudge sent. Everything that could be wrong was found before. */
import type { Context } from '../context.ts'
import { newId } from '../core/id.ts'
import type { JobRequest } from '../core/request.ts'
import { sealSecret } from '../deliveries/secrets.ts'
import { draftEvent } from '../store/events.ts'
import { insertJob, type Job } from '../store/jobs.ts'
import type { Posted } from './answer-post.ts'
import type { Assessment } from './assess.ts'

/** Null: the idempotency key was taken a moment ago by another post. */
export async function acceptJob(
  context: Context,
  caller: { apiKeyId: string; idempotency: { key: string; hash: string } | null },
  { request: posted, retryOf }: Posted,
  assessment: Extract<Assessment, { ok: true }>,
): Promise<Job | null> {
  const { callback_secret, retention_days = context.config.retentionDays, ...said } = posted
  const request: JobRequest = { ...said, retention_days }
  const { providers, estimates, warnings } = assessment
  const nowMs = context.now()
  const retried = retryOf === null ? {} : { retry_of: retryOf }
  const { signingSecret } = context.config
  const job = await insertJob(
    context.db,
    {
      id: newId('job'),
      request,
      providers,
      warnings,
      estimates,
      apiKeyId: caller.apiKeyId,
      callbackSecret: callback_secret === undefined ? null : await sealSecret(signingSecret, callback_secret),
      idempotencyKey: caller.idempotency?.key ?? null,
      idempotencyHash: caller.idempotency?.hash ?? null,
      retryOf,
      createdAt: nowMs,
    },
    draftEvent('job.accepted', { model: request.model, providers, estimates, ...retried }, nowMs),
  )
  if (job === null) return null
  context.log('job.accepted', { job_id: job.id, provider: job.provider, model: job.model })
  await context.nudges.job(job.id, 0)
  return job
}
