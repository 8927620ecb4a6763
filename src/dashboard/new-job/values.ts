/** The values of the form of a new job, by the names of its fields. A list has one entry for each value. No clock. */
import { defaultEventTypes } from '../../core/event.ts'
import { isAssetId, mediaFields } from '../../core/request/media.ts'

export type Values = URLSearchParams

/** A field that is missing is empty. */
export function textIn(values: Values, name: string): string {
  return values.get(name) ?? ''
}

/** The values of a list, in their order. An empty row of the form is none. */
export function listIn(values: Values, name: string): string[] {
  return values
    .getAll(name)
    .map((value) => value.trim())
    .filter((value) => value !== '')
}

export function setList(values: Values, name: string, list: readonly string[]): void {
  values.delete(name)
  for (const value of list) values.append(name, value)
}

export function assetIdsIn(values: Values): string[] {
  return [...new Set(mediaFields.flatMap((field) => listIn(values, field)).filter(isAssetId))]
}

/** The values of a new form. `form_key`: the Idempotency-Key of the job, unless one is typed. */
export function newValues(model: string): Values {
  const values = new URLSearchParams({
    model,
    provider: 'auto',
    duration: '5',
    resolution: '720p',
    output_format: 'mp4',
    count: '1',
    generate_audio: 'on',
    callback_format: 'reelhook',
    form_key: crypto.randomUUID(),
  })
  setList(values, 'callback_events', defaultEventTypes)
  return values
}

/** The fields that a link may fill: not the receiver of the events, and not the highest cost. */
const linkable = [
  'model',
  'provider',
  'prompt',
  'duration',
  'resolution',
  'aspect_ratio',
  'output_format',
  'count',
  'seed',
] as const

export function fillFromLink(values: Values, query: URLSearchParams): void {
  for (const name of linkable) {
    const value = query.get(name)
    if (value !== null) values.set(name, value)
  }
}
