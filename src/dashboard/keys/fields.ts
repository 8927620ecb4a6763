/** The fields of a key's form, as text, and the bodies of the API that they become. No I/O. No clock. */
import { defaultScopes } from '../../core/access.ts'
import { changedIn, inUtc, textOf } from '../form.ts'
import type { KeyView } from './view.ts'

export interface KeyFields {
  name: string
  project: string
  scopes: readonly string[]
  /** UTC, as `<input type="datetime-local">` has it. */
  expires_at: string
  callback_url: string
  requests_per_minute: string
  monthly_budget_usd: string
}

export const defaultFields: KeyFields = {
  name: '',
  project: '',
  scopes: defaultScopes,
  expires_at: '',
  callback_url: '',
  requests_per_minute: '',
  monthly_budget_usd: '',
}

export function readFields(form: FormData): KeyFields {
  const text = (name: string) => textOf(form.get(name)).trim()
  return {
    name: text('name'),
    project: text('project'),
    scopes: form.getAll('scopes').map(textOf),
    expires_at: text('expires_at'),
    callback_url: text('callback_url'),
    requests_per_minute: text('requests_per_minute'),
    monthly_budget_usd: text('monthly_budget_usd'),
  }
}

export function fieldsOf(key: KeyView): KeyFields {
  return {
    name: key.name,
    project: key.project ?? '',
    scopes: key.scopes,
    expires_at: key.expires_at?.slice(0, 19) ?? '',
    callback_url: key.callback_url ?? '',
    requests_per_minute: key.requests_per_minute?.toString() ?? '',
    monthly_budget_usd: key.monthly_budget_usd?.toString() ?? '',
  }
}

/** The body of POST /v1/api-keys. */
export function newKey(fields: KeyFields) {
  return { ...bodyOf(fields), project: orNull(fields.project) }
}

/** The body of PATCH. */
export function changedFields(before: KeyFields, after: KeyFields) {
  return changedIn(bodyOf(before), bodyOf(after))
}

function bodyOf(fields: KeyFields) {
  return {
    name: fields.name,
    scopes: fields.scopes,
    expires_at: fields.expires_at === '' ? null : inUtc(fields.expires_at),
    callback_url: orNull(fields.callback_url),
    requests_per_minute: numberOf(fields.requests_per_minute),
    monthly_budget_usd: numberOf(fields.monthly_budget_usd),
  }
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}

/** Text that is no number stays text, and the API explains the fault. */
function numberOf(text: string): number | string | null {
  if (text === '') return null
  return Number.isFinite(Number(text)) ? Number(text) : text
}
