/** How the events get to this machine: as deliveries to an endpoint, or from the event stream. */
import { ReelhookError } from '../../client/index.ts'
import { Stop, usageFault } from '../errors.ts'
import { type StreamedTypes, splitForStream } from './event-types.ts'
import {
  type Direct,
  type Options as DirectOptions,
  isThisMachine,
  receiveDirectly,
  unreachableCode,
} from './receive-directly.ts'
import type { EventTypes } from './temporary-endpoint.ts'

export type Way = { reason: string } & (
  | { direct: Direct; eventTypes: EventTypes }
  /** The event stream. */
  | { direct: null; eventTypes: StreamedTypes }
)

interface Options extends DirectOptions {
  via: 'auto' | 'endpoint' | 'events'
}

export async function chooseWay(options: Options, signal: AbortSignal): Promise<Way> {
  const { via, reelhookUrl, publicUrl, eventTypes } = options
  if (via === 'events') return stream(options, '--via events asks for it')
  if (via === 'auto' && publicUrl === null && !isThisMachine(reelhookUrl)) {
    return stream(options, `${new URL(reelhookUrl).host} cannot reach this machine without a --public-url`)
  }
  try {
    const direct = await receiveDirectly(options, signal)
    return { direct, reason: `Reelhook posts to ${direct.url} (endpoint ${direct.endpointId})`, eventTypes }
  } catch (error) {
    const reason = whyNot(error)
    if (via === 'endpoint' || reason === null) throw error
    return stream(options, reason)
  }
}

function stream({ eventTypes, report }: Options, reason: string): Way {
  const { followed, left } = splitForStream(eventTypes)
  if (followed.length === 0) {
    throw usageFault(
      `The event stream does not have ${left.join(', ')} (it is used, because ${reason}).`,
      'Choose other --events, or give the deployment a --public-url.',
    )
  }
  if (left.length > 0) report({ type: 'left_out', event_types: left })
  return { direct: null, reason, eventTypes: followed }
}

/** Why the deployment has no endpoint on this machine. Null: it is another trouble, which the stream would have too. */
function whyNot(error: unknown): string | null {
  if (error instanceof Stop) return error.failure.code === unreachableCode ? error.message : null
  if (!(error instanceof ReelhookError) || ![403, 409, 422].includes(error.status ?? 0)) return null
  const [fault] = error.errors
  const reason =
    fault === undefined ? error.detail : `its endpoint is refused, because ${fault.path} ${fault.message}`
  return reason.replace(/\.$/, '')
}
