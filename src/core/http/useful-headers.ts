/**
 * The headers of a receiver's response that help to find out who answered, and why. They are stored with each attempt, so
 * they are bounded, and nothing that may be a secret is among them. No I/O.
 */

/** The largest JSON text. */
export const maxHeaderBytes = 512
const maxValueLength = 120

/** First, because not all may fit. */
const preferred = [
  'content-type',
  'server',
  'location',
  'retry-after',
  'www-authenticate',
  'webhook-delivery',
  'via',
  'x-request-id',
  'cf-ray',
  'cf-mitigated',
]

/** They say nothing about the receiver's decision. */
const noise = [
  'accept-ranges',
  'age',
  'alt-svc',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'date',
  'etag',
  'expires',
  'keep-alive',
  'last-modified',
  'nel',
  'pragma',
  'priority',
  'report-to',
  'reporting-endpoints',
  'server-timing',
  'strict-transport-security',
  'transfer-encoding',
  'vary',
]
const noisy = /^(?:access-control|content-security-policy|cross-origin)|-policy$|-options$|xss|cookie/
const secretive = /token|secret|auth|key|session|csrf/

/** JSON: a header's value by its name, in lower case. Null: there is none. */
export function usefulHeaders(headers: Headers): string | null {
  const others = [...headers.keys()].filter((name) => !preferred.includes(name) && isUseful(name))
  let text: string | null = null
  const kept: Record<string, string> = {}
  for (const name of [...preferred, ...new Set(others)]) {
    const value = headers.get(name)
    if (value === null) continue
    const longer = JSON.stringify({ ...kept, [name]: shown(name, value) })
    if (new TextEncoder().encode(longer).length > maxHeaderBytes) continue
    kept[name] = shown(name, value)
    text = longer
  }
  return text
}

function isUseful(name: string): boolean {
  return !noise.includes(name) && !noisy.test(name) && !secretive.test(name)
}

function shown(name: string, value: string): string {
  // The query of a URL may hold a token.
  const plain = name === 'location' ? value.replace(/[?#].*$/s, '') : value
  return plain.length <= maxValueLength ? plain : `${plain.slice(0, maxValueLength)}…`
}
