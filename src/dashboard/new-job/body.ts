/** The form as the body of POST /v1/jobs. A text that is no number is sent as it is: the API names the fault. No I/O. */

import { defaultEventTypes } from '../../core/event.ts'
import { mediaFields } from '../../core/request/media.ts'
import { readPairs } from '../pairs.ts'
import type { FieldFault } from './faults.tsx'
import { listIn, textIn, type Values } from './values.ts'

export interface Body {
  body: Record<string, unknown>
  /** The faults of texts that cannot be parsed as an object. The body then lacks that object. */
  faults: FieldFault[]
}

export function bodyOf(values: Values): Body {
  const text = (name: string) => textIn(values, name).trim() || undefined
  const [metadata, headers, options] = [
    pairsIn(values, 'metadata', '='),
    pairsIn(values, 'callback_headers', ':'),
    readObject(textIn(values, 'provider_options')),
  ]
  const [events, format] = [listIn(values, 'callback_events'), text('callback_format')]
  const body = {
    model: text('model'),
    prompt: text('prompt'),
    ...mediaOf(values),
    duration: numberOr(text('duration')),
    resolution: text('resolution'),
    aspect_ratio: text('aspect_ratio'),
    output_format: text('output_format') === 'mp4' ? undefined : text('output_format'),
    generate_audio: text('generate_audio') !== undefined,
    seed: numberOr(text('seed')),
    count: numberOr(text('count')),
    provider: providerOf(text('provider')),
    provider_options: options.value,
    callback_url: text('callback_url'),
    callback_secret: text('callback_secret'),
    callback_headers: headers.value,
    callback_events: events.join() === defaultEventTypes.join() ? undefined : events,
    callback_format: format === 'reelhook' ? undefined : format,
    metadata: metadata.value,
    max_cost_usd: numberOr(text('max_cost_usd')),
    resubmit_unknown: text('resubmit_unknown') === undefined ? undefined : true,
    deadline_seconds: numberOr(text('deadline_seconds')),
    retention_days: numberOr(text('retention_days')),
  }
  return {
    body: Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)),
    faults: [...metadata.faults, ...headers.faults, ...options.faults],
  }
}

function mediaOf(values: Values) {
  return Object.fromEntries(
    mediaFields.flatMap((field) => {
      const list = listIn(values, field)
      if (list.length === 0) return []
      return [[field, field.startsWith('reference_') ? list : list[0]]]
    }),
  )
}

/** `crun,runware` is a list in order of preference, as an earlier job may have one. */
function providerOf(text = 'auto') {
  return text.includes(',') ? text.split(',') : text
}

function numberOr(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text
}

interface Read {
  value?: object
  faults: FieldFault[]
}

function pairsIn(values: Values, path: string, sign: '=' | ':'): Read {
  const { value, faults } = readPairs(textIn(values, path), sign)
  return { ...(value && { value }), faults: faults.map((message) => ({ path, message })) }
}

function readObject(text: string): Read {
  if (text.trim() === '') return { faults: [] }
  try {
    return { value: JSON.parse(text), faults: [] }
  } catch (error) {
    if (error instanceof SyntaxError)
      return { faults: [{ path: 'provider_options', message: `is not JSON: ${error.message}` }] }
    throw error
  }
}
