/**
 * The body of a provider's answer or webhook, as it may be kept and shown: without the tokens of URLs, without our own
 * callback and upload tokens, and bounded. A prompt that the provider repeats stays: it belongs to the caller. No I/O.
 */
import { parseJson } from '../http/json.ts'
import { textWithoutTokens, withoutOwnTokens } from '../url/without-tokens.ts'

export const maxAnswerBytes = 2_048

/** Only the start of a longer body is redacted: a provider may repeat media of megabytes. */
const maxRedactedLength = 64 * 1024

export interface RedactedBody {
  body: string
  isTruncated: boolean
}

/** `secrets`: further texts that are hidden, such as the credentials of the request. */
export function redactBody(text: string, secrets: readonly string[] = []): RedactedBody {
  const start = redactText(text.slice(0, maxRedactedLength), secrets)
  // Cut last: the start of a URL would show the start of its token.
  const { body, isTruncated } = cut(start)
  return { body, isTruncated: isTruncated || text.length > maxRedactedLength }
}

/** JSON is redacted value by value, also inside of its strings: in its text an escape could hide where a URL ends. */
function redactText(text: string, secrets: readonly string[]): string {
  const value = /^\s*[[{]/.test(text) ? parseJson(text) : undefined
  return value === undefined ? hide(text, secrets) : JSON.stringify(redactValue(value, secrets))
}

function redactValue(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return redactText(value, secrets)
  if (Array.isArray(value)) return value.map((inner) => redactValue(inner, secrets))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  return Object.fromEntries(entries.map(([key, inner]) => [hide(key, secrets), redactValue(inner, secrets)]))
}

function hide(text: string, secrets: readonly string[]): string {
  const plain = text.replaceAll(escapedMarks, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
  const known = secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), plain)
  return withoutOwnTokens(textWithoutTokens(known))
}

/** The marks that delimit the parts of a URL, as JSON may escape them. Broken JSON still has the escapes. */
const escapedMarks = /\\u00(2f|3a|3f|23|40)/gi

function cut(text: string): RedactedBody {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= maxAnswerBytes) return { body: text.toWellFormed(), isTruncated: false }
  // With `stream`, the decoder leaves out a character whose end is cut off.
  const body = new TextDecoder().decode(bytes.subarray(0, maxAnswerBytes), { stream: true })
  return { body, isTruncated: true }
}
