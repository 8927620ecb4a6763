/** The events that a caller can receive, and the destinations that subscribe to them. No I/O. No clock. */
import { sees } from './access.ts'

export const eventTypes = [
  'job.generating',
  'output.stored',
  'output.late',
  'output.exported',
  'job.succeeded',
  'job.failed',
  'job.canceled',
  'job.erased',
] as const
export type EventType = (typeof eventTypes)[number]

/** Their body shows the job as it is at that moment. */
export type JobEventType = Exclude<EventType, 'job.erased'>

/** Their body has the output in `data.output`. */
export function isAboutOutput(type: EventType): boolean {
  return type === 'output.stored' || type === 'output.late' || type === 'output.exported'
}

/** The default subscription: how a job ends. The other types are sent only if they are listed. */
export const defaultEventTypes = [
  'job.succeeded',
  'job.failed',
  'job.canceled',
] as const satisfies EventType[]

type FinalEventType = (typeof defaultEventTypes)[number]

/** How the body of an event is written: as Reelhook's own, or like the webhooks of another API. */
export const eventFormats = ['reelhook', 'openai', 'openrouter'] as const
export type EventFormat = (typeof eventFormats)[number]

const names: Readonly<Record<Exclude<EventFormat, 'reelhook'>, Readonly<Record<FinalEventType, string>>>> = {
  openai: {
    'job.succeeded': 'video.completed',
    'job.failed': 'video.failed',
    'job.canceled': 'video.failed',
  },
  openrouter: {
    'job.succeeded': 'video.generation.completed',
    'job.failed': 'video.generation.failed',
    'job.canceled': 'video.generation.cancelled',
  },
}

/** The type that an event has in a format. Null: the format lacks it, because that API has only events for the end of a job. */
export function nameIn(format: EventFormat, type: EventType): string | null {
  if (format === 'reelhook') return type
  const final = defaultEventTypes.find((one) => one === type)
  return final === undefined ? null : names[format][final]
}

/** Why a receiver with this format cannot subscribe to these types. Null: it can. */
export function formatFault(format: EventFormat, types: readonly EventType[]): string | null {
  const missing = types.filter((type) => nameIn(format, type) === null)
  if (missing.length === 0) return null
  const has = `has only ${defaultEventTypes.join(', ')}`
  return `has ${[...new Set(missing)].join(', ')}, but the format ${format} ${has}`
}

/** Why a job was erased: its retention ended, or a caller requested it. */
export const erasureReasons = ['retention', 'request'] as const
export type ErasureReason = (typeof erasureReasons)[number]

/** The fields of an endpoint that decide which events it receives. */
export interface Subscription {
  endpointId: string
  url: string
  eventTypes: readonly EventType[]
  format: EventFormat
  /** Pairs that a job's metadata must contain. */
  metadata: Record<string, string>
  /** The project whose jobs alone it receives. Null: it receives the events of all jobs. */
  project: string | null
}

/** The parts of a job that decide where its events go. */
export interface NotifyingJob {
  request: {
    callback_url?: string | undefined
    callback_events: readonly EventType[]
    callback_format: EventFormat
    metadata: Record<string, string>
  }
  project: string | null
}

/** Where an event is sent. Null endpoint: to the job's callback URL. */
export interface Destination {
  endpointId: string | null
  url: string
  format: EventFormat
  /** Whose delivery it is: that of the endpoint, or for a callback that of the job. */
  project: string | null
}

/**
 * The job's callback URL and every endpoint that subscribe to this type, if their format has it; an endpoint must see the job,
 * which must pass its filter.
 */
export function destinationsOf(
  type: EventType,
  { request, project }: NotifyingJob,
  subscriptions: readonly Subscription[],
): Destination[] {
  const { callback_url: url, callback_events, callback_format: format, metadata } = request
  const callback =
    url !== undefined && callback_events.includes(type) ? [{ endpointId: null, url, format, project }] : []
  const subscribed = subscriptions.filter(
    (subscription) =>
      subscription.eventTypes.includes(type) &&
      sees(subscription, { project }) &&
      // Own properties only: a key inherited from the prototype is not metadata.
      Object.entries(subscription.metadata).every(
        ([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value,
      ),
  )
  const destinations = [
    ...callback,
    ...subscribed.map((subscription) => ({
      endpointId: subscription.endpointId,
      url: subscription.url,
      format: subscription.format,
      project: subscription.project,
    })),
  ]
  // Two changes of an endpoint at once may have left it with types that its format lacks.
  return destinations.filter((destination) => nameIn(destination.format, type) !== null)
}
