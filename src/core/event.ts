/** The events that a caller can receive, and the destinations that subscribe to them. No I/O. No clock. */

export const eventTypes = [
  'job.generating',
  'output.stored',
  'job.succeeded',
  'job.failed',
  'job.canceled',
  'job.erased',
] as const
export type EventType = (typeof eventTypes)[number]

/** Their body shows the job as it is at that moment. */
export type JobEventType = Exclude<EventType, 'job.erased'>

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
}

/** Where an event is sent. Null endpoint: to the job's callback URL. */
export interface Destination {
  endpointId: string | null
  url: string
}

/** The job's callback URL and every endpoint that subscribe to this type; the job must pass an endpoint's filter. */
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
  const callback = url !== undefined && callback_events.includes(type) ? [{ endpointId: null, url }] : []
  const subscribed = subscriptions.filter(
    (subscription) =>
      subscription.eventTypes.includes(type) &&
      // Own properties only: a key inherited from the prototype is not metadata.
      Object.entries(subscription.metadata).every(
        ([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value,
      ),
  )
  return [
    ...callback,
    ...subscribed.map((subscription) => ({ endpointId: subscription.endpointId, url: subscription.url })),
  ]
}
