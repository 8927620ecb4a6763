/** The examples of the streams of server-sent events. */
import type { Entry } from '../../core/job/made-entries.ts'
import { writeCursor } from '../waiting/cursor.ts'
import { frameOf } from '../waiting/event-stream.ts'
import { exampleEvent } from './event-examples.ts'

/** A timeline as a stream. */
export function streamOf(entries: readonly Pick<Entry, 'id' | 'type'>[]): string {
  return entries.map((entry) => frameOf({ ...entry, data: JSON.stringify(entry) })).join('')
}

/** The stream of all jobs with one event. */
export function exampleEventStream(): string {
  const id = writeCursor({ eventId: 'evt_01m7y12e4tecwv3dvtedr424pe', timeMs: 1_795_230_349_000 })
  const type = 'job.succeeded'
  return frameOf({ id, type, data: JSON.stringify(exampleEvent(type)) })
}
