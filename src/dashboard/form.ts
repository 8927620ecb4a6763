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

/** A typed moment, or one in a link, as an `<input type="datetime-local">` can show it. */
export function shownMoment(moment: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?/.exec(inUtc(moment).endsWith('Z') ? moment : '')?.[0] ?? ''
}

/** The moment of an `<input type="datetime-local">` as the API takes it: people type it in UTC. Other text stays. */
export function inUtc(moment: string): string {
  if (/T\d\d:\d\d$/.test(moment)) return `${moment}:00Z`
  return /T\d\d:\d\d:\d\d(?:\.\d+)?$/.test(moment) ? `${moment}Z` : moment
}
