/** A rule over several fields, and the condition for checking it beside other faults. No I/O. No clock. */
import type { EventFormat, EventType } from '../event.ts'
import { isRecord } from '../http/json.ts'
import type { AspectRatio, Model, OutputFormat, Resolution } from './choices.ts'
import type { MediaFields } from './media.ts'

/** The fields that the rules read. */
interface RuledFields extends MediaFields {
  model: Model
  duration: number | 'auto'
  resolution: Resolution
  aspect_ratio?: AspectRatio | undefined
  output_format?: OutputFormat | undefined
  prompt?: string | undefined
  callback_url?: string | undefined
  callback_secret?: string | undefined
  callback_headers?: Record<string, string> | undefined
  callback_events: EventType[]
  callback_format: EventFormat
  provider: string | string[]
}

type Field = keyof RuledFields

export interface Rule {
  /** The field that the fault is reported at. */
  path: Field
  /** The rule is checked once each of these fields is valid by itself. */
  reads: Field[]
  /** The rule only counts the values of these fields, which may have faults. */
  counts?: Field[]
  /** The message, or null if the request keeps the rule. */
  broken: (request: RuledFields) => string | null
}

/** Whether the rule can be checked in a request in which these fields have a fault. */
export function isDecided(
  rule: Rule,
  request: Record<string, unknown>,
  faulty: ReadonlySet<unknown>,
): boolean {
  return (
    !rule.reads.some((field) => faulty.has(field)) &&
    (rule.counts ?? []).every((field) => isCountable(field, request[field]))
  )
}

function isCountable(field: Field, value: unknown): boolean {
  if (lists.includes(field)) return Array.isArray(value)
  return value === undefined || (field === 'callback_headers' ? isRecord(value) : typeof value === 'string')
}

const lists: readonly Field[] = [
  'reference_images',
  'reference_videos',
  'reference_audios',
  'callback_events',
]
