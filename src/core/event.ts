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

/** Why a job was erased: its retention ended, or a caller requested it. */
export const erasureReasons = ['retention', 'request'] as const
export type ErasureReason = (typeof erasureReasons)[number]

/** The fields of an endpoint that decide which events it receives. */
export interface Subscription {
  endpointId: string
  url: string
  eventTypes: readonly EventType[]
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
    metadata: Record<string, string>
  }
  project: string | null
}

/** Where an event is sent. Null endpoint: to the job's callback URL. */
export interface Destination {
  endpointId: string | null
  url: string
  /** Whose delivery it is: that of the endpoint, or for a callback that of the job. */
  project: string | null
}

/** The job's callback URL and every endpoint that subscribe to this type; an endpoint must see the job, which must pass its filter. */
export function destinationsOf(
  type: EventType,
  { request, project }: NotifyingJob,
  subscriptions: readonly Subscription[],
): Destination[] {
  const { callback_url: url, callback_events, metadata } = request
  const callback =
    url !== undefined && callback_events.includes(type) ? [{ endpointId: null, url, project }] : []
  const subscribed = subscriptions.filter(
    (subscription) =>
      subscription.eventTypes.includes(type) &&
      sees(subscription, { project }) &&
      // Own properties only: a key inherited from the prototype is not metadata.
      Object.entries(subscription.metadata).every(
        ([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value,
      ),
  )
  return [
    ...callback,
    ...subscribed.map((subscription) => ({
      endpointId: subscription.endpointId,
      url: subscription.url,
      project: subscription.project,
    })),
  ]
}
