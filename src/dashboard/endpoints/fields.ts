/** The fields of an endpoint's form, as text, and the bodies of the API that they become. No I/O. No clock. */
import type { EndpointView } from '../../api/endpoints/view.ts'
import { defaultEventTypes, type EventFormat } from '../../core/event.ts'
import { changedIn, textOf } from '../form.ts'
import { readPairs } from '../pairs.ts'

export interface EndpointFields {
  url: string
  description: string
  event_types: readonly string[]
  format: string
  /** A line for each pair: `key=value`. */
  metadata: string
}

export interface Submitted {
  fields: EndpointFields
  /** Never shown again. Empty: none. */
  secret: string
}

export const newFields: EndpointFields = {
  url: '',
  description: '',
  event_types: defaultEventTypes,
  format: 'reelhook',
  metadata: '',
}

export function fieldsOf({ url, description, event_types, format, metadata }: EndpointView): EndpointFields {
  const lines = Object.entries(metadata).map(([key, value]) => `${key}=${value}`)
  return { url, description: description ?? '', event_types, format, metadata: lines.join('\n') }
}

export function readSubmitted(form: FormData): Submitted {
  const text = (name: string) => textOf(form.get(name)).trim()
  const event_types = form.getAll('event_types').map(textOf)
  // Browsers send the line breaks of a text as CR LF.
  const metadata = text('metadata').replaceAll('\r\n', '\n')
  return {
    fields: {
      url: text('url'),
      description: text('description'),
      event_types,
      format: text('format') || 'reelhook',
      metadata,
    },
    secret: text('secret'),
  }
}

/** The body of POST /v1/endpoints. */
export function newEndpoint({ fields, secret }: Submitted) {
  return { ...bodyOf(fields), ...(secret !== '' && { secret }) }
}

/** The body of PATCH. A key without the scope admin sees the URL without its query, and must not store it so. */
export function changedFields(before: EndpointFields, { fields, secret }: Submitted) {
  return { ...changedIn(bodyOf(before), bodyOf(fields)), ...(secret !== '' && { secret }) }
}

/** The formats in words, as choices. */
export const formatTexts: Readonly<Record<EventFormat, string>> = {
  reelhook: 'Reelhook',
  openai: 'OpenAI: video.completed, video.failed',
  openrouter: 'OpenRouter: video.generation.*',
}

/** Why the text of the filter is no list of pairs. Empty: it is one. */
export function metadataFault(metadata: string): string {
  return readPairs(metadata, '=').faults.join('; ')
}

function bodyOf({ url, description, event_types, format, metadata }: EndpointFields) {
  return {
    url,
    description: description === '' ? null : description,
    event_types,
    format,
    metadata: readPairs(metadata, '=').value ?? {},
  }
}
