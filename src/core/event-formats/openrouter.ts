/** A job in the words of OpenRouter's video API: in its webhooks, and in its face. No I/O. No clock. */
import { z } from 'zod'
import { type EventType, nameIn } from '../event.ts'
import { shorten } from '../event-body.ts'
import { canceled } from '../job/cancellation.ts'
import type { JobStatus } from '../job/job.ts'
import type { JobView } from '../job/view-schema.ts'

const openrouterStatuses = {
  queued: 'pending',
  generating: 'in_progress',
  storing: 'in_progress',
  succeeded: 'completed',
  failed: 'failed',
  canceled: 'cancelled',
} as const satisfies Record<JobStatus, string>

export const openrouterVideoSchema = z.object({
  id: z.string(),
  generation_id: z.string(),
  status: z.enum(Object.values(openrouterStatuses)),
  model: z.string(),
  unsigned_urls: z.array(z.string()).optional().meta({
    description: 'Links to the stored videos, which need no API key; missing if there are none.',
  }),
  usage: z.object({ cost: z.number(), is_byok: z.boolean() }).optional().meta({
    description: 'The cost of the job in US dollars; missing if it is unknown.',
  }),
  error: z.string().optional().meta({ description: 'Why there is no video, or not every video.' }),
})

export type OpenrouterVideo = z.infer<typeof openrouterVideoSchema>

export function openrouterVideo(job: JobView): OpenrouterVideo {
  const urls = job.outputs.flatMap(({ url }) => url ?? [])
  const cost = job.cost?.amount_usd
  const error = job.status === 'canceled' ? canceled.message : job.fault?.message
  return {
    id: job.id,
    generation_id: job.id,
    status: openrouterStatuses[job.status],
    model: job.model,
    ...(urls.length > 0 && { unsigned_urls: urls }),
    ...(cost !== undefined && { usage: { cost, is_byok: false } }),
    ...(error !== undefined && { error: shorten(error, maxErrorLength) }),
  }
}

/** A fault may quote a long answer of a provider. */
const maxErrorLength = 1_000

/** The value of X-OpenRouter-Idempotency-Key: `<job id>-<status>`. */
export function openrouterKey(jobId: string, type: EventType): string {
  const name = nameIn('openrouter', type) ?? type
  return `${jobId}-${name.slice(name.lastIndexOf('.') + 1)}`
}
