/** The body of an event in the format of its receiver. No I/O. No clock. */
import { type EventFormat, type JobEventType, nameIn } from '../event.ts'
import { eventBody } from '../event-body.ts'
import type { JobView } from '../job/view-schema.ts'
import { openrouterVideo } from './openrouter.ts'

export interface FormattedEvent {
  id: string
  type: JobEventType
  createdAt: number
  /** The number of the output that it reports. */
  output?: number | undefined
}

/** `job`: as it is after the event. Throws if the format lacks the event: `destinationsOf` names no receiver then. */
export function bodyIn(format: EventFormat, event: FormattedEvent, job: JobView): string {
  const { id, createdAt, output } = event
  const type = nameIn(format, event.type)
  if (type === null) throw new Error(`the format ${format} has no ${event.type}`)
  switch (format) {
    case 'reelhook':
      return eventBody(event.type, createdAt, job, output)
    case 'openai':
      return openaiBody({ id, type, createdAt }, { id: job.id })
    case 'openrouter':
      return openrouterBody({ type, createdAt }, openrouterVideo(job))
  }
}

/** As `openai.webhooks.unwrap` returns it: the receiver asks for the rest by the id in `data`. */
export function openaiBody(
  { id, type, createdAt }: { id: string; type: string; createdAt: number },
  data: object,
): string {
  return JSON.stringify({ id, object: 'event', created_at: Math.floor(createdAt / 1_000), type, data })
}

export function openrouterBody(
  { type, createdAt }: { type: string; createdAt: number },
  data: object,
): string {
  return JSON.stringify({ type, created_at: new Date(createdAt).toISOString(), data })
}
