/** Takes a webhook from the queue: journals it and makes its job due. Its content is a hint, not a fact. */
import type { Context } from '../context.ts'
import { journalWebhook, type ReceivedWebhook } from '../store/jobs/webhooks.ts'

export async function recordWebhook(context: Context, webhook: ReceivedWebhook): Promise<void> {
  const result = await journalWebhook(context.dbOf(webhook.jobId), webhook, context.now())
  context.log('webhook.received', {
    job_id: webhook.jobId,
    provider: webhook.provider,
    result,
    waited_ms: context.now() - webhook.receivedAt,
  })
}
