/** Dates in HTTP headers (RFC 9110 §5.6.7), as milliseconds since 1970. They have whole seconds only. No clock. */

export function writeHttpDate(timeMs: number): string {
  return new Date(timeMs).toUTCString()
}

/** Null if it is no HTTP date. Date.parse alone would accept "1" and "-5". */
export function readHttpDate(text: string): number | null {
  const isDate = imfFixdate.test(text) || rfc850Date.test(text)
  const timeMs = isDate ? Date.parse(text) : asctimeDate.test(text) ? Date.parse(`${text} GMT`) : Number.NaN
  return Number.isNaN(timeMs) ? null : timeMs
}

// The current format, and the two obsolete ones that a recipient must accept.
const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const rfc850Date = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const asctimeDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [\d ]\d \d{2}:\d{2}:\d{2} \d{4}$/
