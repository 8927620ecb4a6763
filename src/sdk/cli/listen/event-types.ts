/** The types that `--events` takes. */
import { usageFault } from '../errors.ts'
import type { EventTypes } from './temporary-endpoint.ts'

/** Those that GET /v1/events has. */
const streamed = ['job.generating', 'output.stored', 'job.succeeded', 'job.failed', 'job.canceled'] as const
const known: EventTypes = [...streamed, 'output.late', 'output.exported', 'job.erased']
const final: EventTypes = ['job.succeeded', 'job.failed', 'job.canceled']

/** Without a text, the types that say how a job ended. */
export function parseEventTypes(text: string | undefined): EventTypes {
  if (text === undefined) return final
  if (text.trim() === 'all') return known
  const names = [...new Set(text.split(',').map((name) => name.trim()))]
  const unknown = names.filter((name) => !known.some((type) => type === name))
  if (unknown.length > 0) {
    throw usageFault(
      `--events has what is no event type: ${unknown.join(', ') || '(nothing)'}.`,
      `Choose from ${known.join(', ')}, separated by commas, or write all.`,
    )
  }
  return known.filter((type) => names.includes(type))
}

export type StreamedTypes = (typeof streamed)[number][]

/** Those that the stream has, and the others. */
export function splitForStream(types: EventTypes): { followed: StreamedTypes; left: EventTypes } {
  const followed = streamed.filter((name) => types.includes(name))
  return { followed, left: types.filter((type) => !followed.some((name) => name === type)) }
}
