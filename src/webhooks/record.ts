/** A webhook taken from the queue: journaled, and its job made due. What it says is not believed here. */
import type { Context } from '../context.ts'
import { journalWebhook, type ReceivedWebhook } from '../store/jobs/webhooks.ts'

export async function recordWebhook(context: Context, webhook: ReceivedWebhook): Promise<void> {
  const result = await journalWebhook(context.db, webhook, context.now())
  context.log('webhook.received', {
    job_id: webhook.jobId,
    provider: webhook.provider,
    result,
    waited_ms: context.now() - webhook.receivedAt,
  })
}
