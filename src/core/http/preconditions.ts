/** Conditional requests (RFC 9110 §13) for files that never change. No I/O. No clock. */
import { readHttpDate } from './http-date.ts'

/** Both are strong validators: the ETag is a hash of the bytes, and a file is stored once. */
export interface Validators {
  /** Including its quotation marks. */
  etag: string
  /** HTTP rounds it down to the second. */
  lastModifiedMs: number
}

/** The headers of a request for a part of a file, or for a file that has changed. */
export const conditionalHeaders = [
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
] as const

type Header = (name: string) => string | undefined

/** For GET and HEAD, in the order of §13.2.2. `unchanged` means 304, `failed` means 412. */
export function evaluatePreconditions(
  header: Header,
  current: Validators,
): 'proceed' | 'unchanged' | 'failed' {
  if (!isMatch(header, current)) return 'failed'
  return isModified(header, current) ? 'proceed' : 'unchanged'
}

/** Whether to honour the Range header: If-Range wants a part only of the exact file that the client has (§13.1.5). */
export function mayBePartial(header: Header, current: Validators): boolean {
  const ifRange = header('if-range')
  if (ifRange === undefined) return true
  return ifRange.includes('"') ? ifRange === current.etag : readHttpDate(ifRange) === lastSecond(current)
}

function isMatch(header: Header, current: Validators): boolean {
  const ifMatch = header('if-match')
  if (ifMatch !== undefined) return ifMatch === '*' || tagsIn(ifMatch).includes(current.etag)
  const since = readHttpDate(header('if-unmodified-since') ?? '')
  return since === null || lastSecond(current) <= since
}

function isModified(header: Header, current: Validators): boolean {
  const ifNoneMatch = header('if-none-match')
  if (ifNoneMatch !== undefined) {
    // Weak comparison (§8.8.3.2): the weak marker is ignored.
    const tags = tagsIn(ifNoneMatch).map((tag) => tag.replace(/^W\//, ''))
    return ifNoneMatch !== '*' && !tags.includes(current.etag)
  }
  const since = readHttpDate(header('if-modified-since') ?? '')
  return since === null || lastSecond(current) > since
}

/** A tag may contain commas (§8.8.3). */
function tagsIn(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? []
}

function lastSecond({ lastModifiedMs }: Validators): number {
  return Math.floor(lastModifiedMs / 1_000) * 1_000
}
