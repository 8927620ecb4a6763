import { lateCommitMs } from '../../core/schedule/watch.ts'

/**
 * The id of an event on the stream of all jobs: that of its webhook, a dot, and a time. All earlier events were sent. A
 * heartbeat has only the time.
 */
export interface EventCursor {
  eventId: string | null
  timeMs: number
}

export function writeCursor({ eventId, timeMs }: EventCursor): string {
  return eventId === null ? `${timeMs}` : `${eventId}.${timeMs}`
}

/** Null: it is none of ours. One in the future would hide the events until then. */
export function readCursor(text: string, nowMs: number): EventCursor | null {
  const [, eventId = null, time = ''] = /^(?:(evt_[0-9a-z]{26})\.)?(\d{12,15})$/.exec(text) ?? []
  const timeMs = Number(time)
  return time === '' || timeMs > nowMs + lateCommitMs ? null : { eventId, timeMs }
}
