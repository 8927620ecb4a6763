/** The types that `--events` takes. */
import type { EventTypes } from './temporary-endpoint.ts'

/** Those that GET /v1/events has. */
const streamed = ['job.generating', 'output.stored', 'job.succeeded', 'job.failed', 'job.canceled'] as const
export const knownTypes: EventTypes = [...streamed, 'output.late', 'output.exported', 'job.erased']
/** The types that say how a job ended. */
export const finalTypes: EventTypes = ['job.succeeded', 'job.failed', 'job.canceled']

/** Null: one of them is unknown. */
export function eventTypesIn(text: string): EventTypes | null {
  if (text.trim() === 'all') return knownTypes
  const names = [...new Set(text.split(',').map((name) => name.trim()))]
  const types = knownTypes.filter((type) => names.includes(type))
  return types.length === names.length ? types : null
}

export type StreamedTypes = (typeof streamed)[number][]

/** Those that the stream has, and the others. */
export function splitForStream(types: EventTypes): { followed: StreamedTypes; left: EventTypes } {
  const followed = streamed.filter((name) => types.includes(name))
  return { followed, left: types.filter((type) => !followed.some((name) => name === type)) }
}
