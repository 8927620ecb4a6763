/** Forms and their fields. */
import { readBounded } from '../core/http/read-bounded.ts'

const maxFormBytes = 64 * 1024

/** Empty if the body is no form, or larger than a form of ours. */
export async function readForm(request: Request): Promise<FormData> {
  const body = await readBounded(request, maxFormBytes)
  if (typeof body === 'string') return new FormData()
  const headers = { 'content-type': request.headers.get('content-type') ?? '' }
  // It throws for another content type and for a form that is cut off.
  return new Response(body, { headers }).formData().catch(() => new FormData())
}

/** Empty: the field is missing, is a file, or is given several times. */
export function textOf(field: unknown): string {
  return typeof field === 'string' ? field : ''
}

/** The body of a PATCH: only what the person has changed, so that a change by another person meanwhile stays. */
export function changedIn(before: object, after: object): Record<string, unknown> {
  const isChanged = ([name, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(Reflect.get(before, name))
  return Object.fromEntries(Object.entries(after).filter(isChanged))
}

/** `2026-11-29T10:00+01:00` → `2026-11-29T09:00`, as a field for a date and a time has it. Empty: it is no moment. */
export function shownMoment(moment: string): string {
  const ms = Date.parse(inUtc(moment))
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().replace(/(:00)?\.000Z$|Z$/, '')
}

/** Such a field has no offset, because it is meant in UTC, and seconds only if they are not zero. The API needs both. */
export function inUtc(moment: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(moment)) return `${moment}:00Z`
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/.test(moment) ? `${moment}Z` : moment
}
