/** redeliver: sends deliveries of a job to its receivers again. */
import { z } from 'zod'
import { deliveryStatuses } from '../../../core/delivery.ts'
import { eventTypes } from '../../../core/event.ts'
import type { DeliveryView } from '../../deliveries/view.ts'
import type { Api } from '../../in-process.ts'
import { jobIdSchema } from './jobs.ts'
import type { Refusal } from './refusal.ts'
import { type Asked, ask, defineParsedTool } from './tool.ts'

const sentSchema = z.object({
  id: z.string(),
  event_type: z.enum(eventTypes),
  url: z.string(),
  status: z.enum(deliveryStatuses),
  attempt_count: z.int(),
})

export const redeliver = defineParsedTool(
  {
    name: 'redeliver',
    title: 'Send webhooks again',
    description:
      'Sends the failed deliveries of a job again, with the same body and webhook-id, or one delivery whatever its status. If none has failed, nothing is sent, and the deliveries of the job are listed with their ids.',
    scope: 'deliveries',
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    input: z.strictObject({
      job_id: jobIdSchema,
      delivery_id: z
        .string()
        .regex(/^dlv_[0-9a-z]{26}$/, 'must be the id of a delivery: dlv_…')
        .optional()
        .meta({ description: 'Only this delivery of the job.' }),
    }),
    output: z.object({ redelivered: z.int(), deliveries: z.array(sentSchema) }),
  },
  async ({ job_id, delivery_id }, { api }) => {
    const asked = await ask<{ data: DeliveryView[] }>(api, `/v1/deliveries?job_id=${job_id}&limit=100`)
    if (!asked.ok) return asked
    const all = asked.body.data
    const chosen = all.filter(({ id, status }) =>
      delivery_id === undefined ? status === 'failed' : id === delivery_id,
    )
    if (delivery_id !== undefined && chosen.length === 0) return { ok: false, refusal: noSuchDelivery }
    const { sent, refusal } = await sendAgain(api, chosen.slice(0, maxRedelivered))
    if (refusal !== undefined && sent.length === 0) return { ok: false, refusal }
    return { ok: true, text: textOf(sent, all), structured: shown(sent, all) }
  },
)

/** Each takes some statements of the 1,000 that D1 allows in an invocation. */
const maxRedelivered = 20

const noSuchDelivery: Refusal = {
  code: 'not_found',
  title: 'Not found',
  detail: 'The job has no such delivery.',
}

/** Stops at the first one that is refused. */
async function sendAgain(api: Api, deliveries: DeliveryView[]) {
  const sent: DeliveryView[] = []
  for (const { id } of deliveries) {
    const asked: Asked<DeliveryView> = await ask(api, `/v1/deliveries/${id}/redeliver`, { method: 'POST' })
    if (!asked.ok) return { sent, refusal: asked.refusal }
    sent.push(asked.body)
  }
  return { sent, refusal: undefined }
}

function shown(sent: DeliveryView[], all: DeliveryView[]) {
  const deliveries = (sent.length === 0 ? all : sent).map((delivery) => sentSchema.parse(delivery))
  return { redelivered: sent.length, deliveries }
}

function textOf(sent: DeliveryView[], all: DeliveryView[]): string {
  if (sent.length > 0) return `Sent again: ${sent.map(lineOf).join('; ')}.`
  if (all.length === 0) return 'Nothing was sent: the job has no deliveries.'
  return `Nothing was sent, because no delivery has failed. Name one as delivery_id: ${all.map(lineOf).join('; ')}.`
}

function lineOf({ id, event_type, url, status }: DeliveryView): string {
  return `${id} (${event_type} to ${url}, ${status})`
}
