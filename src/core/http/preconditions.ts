/** Conditional requests (RFC 9110 §13), for what never changes once it is there. No I/O. No clock. */
import { readHttpDate } from './http-date.ts'

/** What a stored thing is known by. Both are strong: its bytes are hashed, and it is stored once. */
export interface Validators {
  /** With its quotation marks. */
  etag: string
  /** In milliseconds; HTTP sees the second. */
  lastModifiedMs: number
}

type Header = (name: string) => string | undefined

/** `unchanged`: 304. `failed`: 412. In the order of §13.2.2, for a GET or a HEAD. */
export function evaluatePreconditions(
  header: Header,
  current: Validators,
): 'proceed' | 'unchanged' | 'failed' {
  return isWanted(header, current) ? (isNews(header, current) ? 'proceed' : 'unchanged') : 'failed'
}

/** Whether the Range header counts: If-Range asks for the part only of what its sender has the rest of (§13.1.5). */
export function mayBePartial(header: Header, current: Validators): boolean {
  const ifRange = header('if-range')
  if (ifRange === undefined) return true
  return ifRange.includes('"') ? ifRange === current.etag : readHttpDate(ifRange) === lastSecond(current)
}

function isWanted(header: Header, current: Validators): boolean {
  const ifMatch = header('if-match')
  if (ifMatch !== undefined) return ifMatch === '*' || tagsIn(ifMatch).includes(current.etag)
  const since = readHttpDate(header('if-unmodified-since') ?? '')
  return since === null || lastSecond(current) <= since
}

function isNews(header: Header, current: Validators): boolean {
  const ifNoneMatch = header('if-none-match')
  if (ifNoneMatch !== undefined) {
    // The weak comparison (§8.8.3.2): the same, whether either is weak or not.
    const tags = tagsIn(ifNoneMatch).map((tag) => tag.replace(/^W\//, ''))
    return ifNoneMatch !== '*' && !tags.includes(current.etag)
  }
  const since = readHttpDate(header('if-modified-since') ?? '')
  return since === null || lastSecond(current) > since
}

/** §8.8.3: a tag may hold commas. */
function tagsIn(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? []
}

function lastSecond({ lastModifiedMs }: Validators): number {
  return Math.floor(lastModifiedMs / 1_000) * 1_000
}
