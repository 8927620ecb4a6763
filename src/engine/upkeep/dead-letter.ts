/**
 * A nudge that could not be worked off in all its tries. Nothing is lost with it, for the row is still due; the
 * timeline says that it happened. A webhook's body is journaled here at last.
 */
import type { Context } from '../../context.ts'
import type { QueueMessage } from '../../queue.ts'
import { findDelivery } from '../../store/deliveries/claim.ts'
import { draftEvent, insertEventIf } from '../../store/events.ts'
import { journalWebhook } from '../../store/jobs/webhooks.ts'

export async function recordDeadLetter(context: Context, nudge: QueueMessage): Promise<void> {
  const { db, now, log } = context
  if ('webhook' in nudge) await journalWebhook(db, nudge.webhook, now())
  const jobId = await jobOf(context, nudge)
  const kind = 'webhook' in nudge ? 'webhook' : 'job' in nudge ? 'job' : 'delivery'
  log('message.dead_lettered', { job_id: jobId, kind })
  if (jobId !== null) await insertEventIf(db, jobId, draftEvent('message.dead_lettered', { kind }, now()))
}

async function jobOf({ db }: Context, nudge: QueueMessage): Promise<string | null> {
  if ('job' in nudge) return nudge.job
  if ('webhook' in nudge) return nudge.webhook.jobId
  return (await findDelivery(db, nudge.delivery))?.jobId ?? null
}
