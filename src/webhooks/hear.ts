/** A webhook taken from the queue: journaled, and its job made due. What it says is not believed here. */
import type { Context } from '../context.ts'
import { type HeardWebhook, journalWebhook } from '../store/webhooks.ts'

export async function hear(context: Context, webhook: HeardWebhook): Promise<void> {
  const result = await journalWebhook(context.db, webhook, context.now())
  context.log('webhook.heard', {
    job_id: webhook.jobId,
    provider: webhook.provider,
    result,
    waited_ms: context.now() - webhook.heardAt,
  })
}
