/** A request with faults, completed so that the providers can say what they would refuse of the rest. */
import { isRecord } from '../../core/http/json.ts'
import { models } from '../../core/request/choices.ts'
import { anyAsset, type MediaField, mediaFields } from '../../core/request/media.ts'
import {
  type PostedRequest,
  requestFields,
  type wellFormedPart,
  withDefaults,
} from '../../core/request/request.ts'
import type { FieldFault } from '../problems.ts'

interface Faults {
  /** The body, and its fields that are valid by themselves. */
  posted: unknown
  part: ReturnType<typeof wellFormedPart>
  formFaults: readonly FieldFault[]
  contentFaults: readonly FieldFault[]
}

export interface FaultyRequest {
  /** Faulty values are replaced: media by any medium, others by the default. */
  request: PostedRequest
  /** The parts with a fault (`partOf`). */
  parts: ReadonlySet<string>
  /** The parts that a default replaces. A replaced medium still counts: it decides the mode. */
  unknown: ReadonlySet<string>
}

export function completeRequest(faults: Faults): FaultyRequest {
  const { part, formFaults, contentFaults } = faults
  const faulty = new Set([...formFaults, ...contentFaults].map(({ path }) => partOf(path)))
  const entries = Object.entries({ ...part, provider_options: validOptions(part, faulty) })
  const media = Object.fromEntries(
    mediaFields.filter((field) => faulty.has(field)).flatMap((field) => replaced(field, faults)),
  )
  const request = {
    ...requestFields.parse({ model: models[0] }),
    ...Object.fromEntries(entries.filter(([field]) => !faulty.has(field))),
    ...media,
  }
  return {
    request: withDefaults(request),
    parts: faulty,
    unknown: new Set([...faulty].filter((name) => !(name in media))),
  }
}

/** The field of a path, or the provider whose options it is in. */
export function partOf(path: string): string {
  const [field = path, name] = path.split('.')
  return field === 'provider_options' && name !== undefined ? `${field}.${name}` : field
}

function validOptions({ provider_options = {} }: Faults['part'], faulty: ReadonlySet<string>) {
  return Object.fromEntries(
    Object.entries(provider_options).filter(([name]) => !faulty.has(`provider_options.${name}`)),
  )
}

/** No entry if the fault is in the number of media: a rule, or a value that has none. */
function replaced(
  field: MediaField,
  { posted, part, formFaults }: Faults,
): [MediaField, string | string[]][] {
  const value = isRecord(posted) ? posted[field] : undefined
  const isOfWhole = formFaults.some(({ path }) => path === field)
  if (field === 'first_frame' || field === 'last_frame') {
    return typeof value === 'string' && !(isOfWhole && field in part) ? [[field, anyAsset]] : []
  }
  return Array.isArray(value) && !isOfWhole ? [[field, value.map(() => anyAsset)]] : []
}
