import { readHttpDate } from './http-date.ts'

// A month. The cap also turns an infinite number into one that survives JSON.
const maxWaitMs = 30 * 24 * 60 * 60 * 1_000

/** The wait that a `Retry-After` header requests, in milliseconds (RFC 9110 §10.2.3: seconds or a date). */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+$/.test(value.trim())) return Math.min(Number(value) * 1_000, maxWaitMs)
  const date = readHttpDate(value)
  return date === null ? undefined : Math.max(0, date - nowMs)
}
