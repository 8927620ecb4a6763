// Beyond a month nobody waits; and a number must stay one when it is kept as JSON.
const longestMs = 30 * 24 * 60 * 60 * 1_000

/** The wait a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds or a date), in milliseconds. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+$/.test(value.trim())) return Math.min(Number(value) * 1_000, longestMs)
  // Date.parse would make a year of "-5" and "1.5": a date begins with its day of the week.
  if (!/^[A-Z][a-z]{2,8}[, ]/.test(value)) return undefined
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
