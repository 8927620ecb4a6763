import { readHttpDate } from './http-date.ts'

// Beyond a month nobody waits; and a number must stay one when it is kept as JSON.
const longestMs = 30 * 24 * 60 * 60 * 1_000

/** The wait a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds or a date), in milliseconds. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+$/.test(value.trim())) return Math.min(Number(value) * 1_000, longestMs)
  const date = readHttpDate(value)
  return date === null ? undefined : Math.max(0, date - nowMs)
}
