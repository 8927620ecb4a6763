/** Takes a webhook from the queue: journals it and claims its job, in one round trip. Its content is a hint, not a fact. */
import type { Context } from '../context.ts'
import { type Claim, claimWithWebhook } from '../store/jobs/claim.ts'
import type { ReceivedWebhook } from '../store/jobs/webhooks.ts'

/**
 * `late`: the job has ended, and the webhook may announce a late result. Null: the webhook changes nothing, or another step
 * has the job and takes it up.
 */
export async function recordWebhook(
  context: Context,
  webhook: ReceivedWebhook,
): Promise<Claim | 'late' | null> {
  const { jobId, provider, receivedAt } = webhook
  const db = context.dbOf(jobId)
  const { result, claim } = await claimWithWebhook(db, webhook, crypto.randomUUID(), context.now())
  context.log('webhook.received', {
    job_id: jobId,
    provider,
    result,
    waited_ms: context.now() - receivedAt,
  })
  return result === 'awaited' ? 'late' : claim
}
