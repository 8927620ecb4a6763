/** Following all jobs by the event stream. */
import { ReelhookError, unreachable } from './errors.ts'
import { followFrames } from './frames.ts'
import type { Event, Job } from './schemas.ts'
import type { Transport } from './transport.ts'
import { asStream, lastId } from './watch.ts'

export interface FollowFilter {
  /** Default: `job.succeeded`, `job.failed` and `job.canceled`. `job.erased`, `output.late` and `output.exported` are not sent. */
  types?: readonly ('job.generating' | 'output.stored' | 'job.succeeded' | 'job.failed' | 'job.canceled')[]
  provider?: Job['provider']
  model?: Job['model']
  /** Only jobs that have all of these entries in their metadata. */
  metadata?: Record<string, string>
}

export interface FollowOptions {
  signal?: AbortSignal | undefined
  /** The `cursor` of the last event that was read. Default: only events from now on. */
  lastEventId?: string | undefined
  /** Called when the stream is open, from which on no event is missed, and when it breaks. It is opened again by itself. */
  onConnection?: ((connection: StreamConnection) => void) | undefined
}

export type StreamConnection = { isOpen: true } | { isOpen: false; error: ReelhookError }

export type FollowedEvent = {
  /** Pass the last one as `lastEventId` to continue after it. */
  cursor: string
  /** The bytes that a webhook of the event has, as text. */
  body: string
} & (
  | {
      /** The `webhook-id` that a delivery of the event has. */
      id: string
      event: Event
    }
  | { id: null; event: Gap }
)

/** More has happened than the stream repeats: list the jobs since then. */
export interface Gap {
  type: 'gap'
  timestamp: string
  data: { since: string; message: string }
}

/** It never ends. Throws if it cannot be opened at first, and later only if it is refused. */
export async function* followEvents(
  { streams }: Transport,
  { types, metadata = {}, ...filter }: FollowFilter,
  { lastEventId, signal, onConnection }: FollowOptions,
): AsyncGenerator<FollowedEvent, undefined> {
  const filters = Object.entries(metadata).map(([key, value]) => [`metadata[${key}]`, value])
  const query = { ...filter, ...(types && { types: types.join(',') }), ...Object.fromEntries(filters) }
  let hasOpened = false
  let isOpen = false
  const open = (last: string | undefined) =>
    streams.followEvents(
      { query, headers: lastId(last) },
      // `followFrames` repeats it then.
      { ...asStream, ...(signal && { signal }), ...(hasOpened && { retry: { retries: 0 } }) },
    )
  const onBreak = (error: unknown, n: number) => {
    const known = error instanceof ReelhookError ? error : unreachable('', error)
    if (!hasOpened || isRefusal(known)) throw known
    isOpen = false
    if (n === 1) onConnection?.({ isOpen, error: known })
  }
  const seen = new Set<string>()
  for await (const frames of followFrames({ open, onBreak, lastEventId, signal })) {
    if (!isOpen && frames.some(({ id }) => id !== null)) {
      hasOpened = isOpen = true
      onConnection?.({ isOpen })
    }
    for (const { type, id: cursor, data: body } of frames) {
      if (type === null || cursor === null || body === null) continue
      const event = JSON.parse(body)
      const [id = ''] = cursor.split('.')
      if (type === 'gap') yield { id: null, cursor, body, event }
      // A stream that continues repeats the events of the last minutes.
      else if (!isRepeated(seen, id)) yield { id, cursor, body, event }
    }
  }
}

/** Too many streams (429) may be those of this program that the deployment does not know to be over. */
function isRefusal({ status }: ReelhookError): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 429 && status !== 408
}

const maxRemembered = 5_000

function isRepeated(seen: Set<string>, id: string): boolean {
  if (seen.has(id)) return true
  seen.add(id)
  const [oldest] = seen
  if (seen.size > maxRemembered && oldest !== undefined) seen.delete(oldest)
  return false
}
