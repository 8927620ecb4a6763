/** The events that a caller can be told of, and who has subscribed to them. No I/O. No clock. */

export const eventTypes = [
  'job.generating',
  'output.stored',
  'job.succeeded',
  'job.failed',
  'job.canceled',
  'job.erased',
] as const
export type EventType = (typeof eventTypes)[number]

/** Those that show the job as it is then. */
export type JobEventType = Exclude<EventType, 'job.erased'>

/** How a job ends: what is told to whoever asks for nothing else. The others come on request. */
export const defaultEventTypes = [
  'job.succeeded',
  'job.failed',
  'job.canceled',
] as const satisfies EventType[]

/** Why a job is gone: its time was over, or somebody asked for it. */
export const erasureReasons = ['retention', 'request'] as const
export type ErasureReason = (typeof erasureReasons)[number]

/** An endpoint as far as it decides what it is sent. */
export interface Subscription {
  endpointId: string
  url: string
  eventTypes: readonly EventType[]
  /** What a job's metadata must hold. */
  metadata: Record<string, string>
}

/** Where an event is told. Null endpoint: at the URL that came with the job. */
export interface Destination {
  endpointId: string | null
  url: string
}

/** The job's own URL, if it asked for this type, and every endpoint that did and whose filter the job passes. */
export function destinationsOf(
  type: EventType,
  request: {
    callback_url?: string | undefined
    callback_events: readonly EventType[]
    metadata: Record<string, string>
  },
  subscriptions: readonly Subscription[],
): Destination[] {
  const { callback_url: url, callback_events, metadata } = request
  const own = url !== undefined && callback_events.includes(type) ? [{ endpointId: null, url }] : []
  const subscribed = subscriptions.filter(
    (subscription) =>
      subscription.eventTypes.includes(type) &&
      // Own fields only: a key that every object has from its prototype is no metadata.
      Object.entries(subscription.metadata).every(
        ([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value,
      ),
  )
  return [
    ...own,
    ...subscribed.map((subscription) => ({ endpointId: subscription.endpointId, url: subscription.url })),
  ]
}
