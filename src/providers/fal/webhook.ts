/** The webhook of fal, once for each request. Source: fal, "Webhooks". */
import { z } from 'zod'
import { finishedWithoutVideo } from '../failure.ts'
import { text } from '../lenient.ts'
import type { Outcome, TaskOfWebhook, WebhookItem } from '../provider.ts'
import { errorIn, provider, requestFault } from './error.ts'
import { outcomeOf } from './response.ts'
import { taskIdAmong } from './task-id.ts'

export function readWebhook(body: unknown, tasks: readonly TaskOfWebhook[] = []): WebhookItem[] {
  const webhook = webhookSchema.safeParse(body)
  if (!webhook.success) return []
  const providerTaskId = taskIdAmong(tasks, webhook.data.request_id)
  if (providerTaskId === null) return []
  return [{ providerTaskId, outcome: announced(webhook.data, providerTaskId) }]
}

function announced({ status, payload, payload_error, error }: Webhook, taskId: string): Outcome {
  switch (status) {
    case 'OK':
      // With `payload_error` the result was made, but could not be written into the webhook.
      return payload_error == null ? outcomeOf(payload, taskId) : finishedWithoutVideo(provider)
    case 'ERROR':
      return {
        state: 'failed',
        fault: requestFault(errorIn(payload) ?? { type: '', message: error ?? '' }),
      }
    default:
      return { state: 'pending', finished: [], faults: [], unknownStatus: status }
  }
}

const webhookSchema = z.object({
  request_id: z.string().min(1),
  status: z.string(),
  payload: z.unknown().optional(),
  payload_error: text,
  error: text,
})

type Webhook = z.infer<typeof webhookSchema>
