/**
 * Records a message that failed in all its attempts. A wake-up can be lost without harm, because the row is still due; the
 * timeline gets an event, and the statistics count it. A webhook is journaled here, because its body is nowhere else.
 */
import type { Context } from '../../context.ts'
import { describeError } from '../../log.ts'
import type { QueueMessage } from '../../queue.ts'
import { findDelivery } from '../../store/deliveries/claim.ts'
import { draftEvent, insertEventIf } from '../../store/events.ts'
import { countDeadLetter } from '../../store/jobs/counters.ts'
import { journalWebhook } from '../../store/jobs/webhooks.ts'
import { verdictOn, withoutSignature } from '../../webhooks/signature.ts'

export async function recordDeadLetter(context: Context, message: QueueMessage): Promise<void> {
  const { dbOf, now, log } = context
  if ('webhook' in message) {
    const { webhook } = message
    if ((await verdictOn(context, webhook)) === 'invalid') return
    // One that still cannot be verified counts like one of a provider that does not sign. The token in its URL is valid,
    // and without it a video that was paid for may never be found.
    await journalWebhook(dbOf(webhook.jobId), withoutSignature(webhook), now())
  }
  const jobId = await jobIdOf(context, message)
  const kind = kindOf(message)
  log('message.dead_lettered', { job_id: jobId, kind })
  if (jobId !== null) {
    await insertEventIf(dbOf(jobId), jobId, draftEvent('message.dead_lettered', { kind }, now()))
    await count(context, jobId)
  }
}

/** A failure is only logged: another attempt would add the event again, and the count is only a statistic. */
async function count({ dbOf, now, log }: Context, jobId: string): Promise<void> {
  try {
    await countDeadLetter(dbOf(jobId), jobId, now())
  } catch (error) {
    log('message.dead_letter_not_counted', { job_id: jobId, error: describeError(error) })
  }
}

function kindOf(message: QueueMessage): 'webhook' | 'delivery' | 'export' | 'cancel' | 'job' {
  if ('webhook' in message) return 'webhook'
  if ('delivery' in message) return 'delivery'
  if ('cancel' in message) return 'cancel'
  return 'export' in message ? 'export' : 'job'
}

async function jobIdOf({ dbOf }: Context, message: QueueMessage): Promise<string | null> {
  if ('job' in message) return message.job
  if ('result' in message) return message.result
  if ('late' in message) return message.late
  if ('cancel' in message) return message.cancel.jobId
  if ('webhook' in message) return message.webhook.jobId
  if ('export' in message) return message.export.jobId
  return (await findDelivery(dbOf(message.delivery), message.delivery))?.jobId ?? null
}
