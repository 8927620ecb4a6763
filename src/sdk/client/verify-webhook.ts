/** Standard Webhooks, `v1`: HMAC-SHA256 with the secret of the endpoint, the job or the API key. */
import { ReelhookError } from './errors.ts'
import type { Event } from './schemas.ts'

export interface ReceivedWebhook {
  /** The bytes as they arrived, or the text of them: JSON that was parsed and written again has another signature. */
  body: string | Uint8Array | ArrayBuffer
  /** `Headers`, or an object such as Node's `request.headers`. */
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** `whsec_…`, as the API showed it once. */
  secret: string
  /** How old a webhook may be, and how far in the future. Default: 300. */
  toleranceSeconds?: number | undefined
  /** Milliseconds since 1970. Default: `Date.now`. */
  now?: (() => number) | undefined
}

/**
 * Returns the event if the body is signed with the secret, and throws a `ReelhookError` otherwise. Its code says why:
 * `missing_header`, `invalid_timestamp`, `invalid_signature`, or `invalid_argument` for a secret that is none.
 *
 * Every attempt of an event has the same header `webhook-id`: process each id once.
 */
export async function verifyWebhook(received: ReceivedWebhook): Promise<Event> {
  const { headers, secret, toleranceSeconds = 300, now = Date.now } = received
  const id = readHeader(headers, 'webhook-id')
  const timestamp = readHeader(headers, 'webhook-timestamp')
  const signatures = readHeader(headers, 'webhook-signature')
  const ageSeconds = /^\d{1,15}$/.test(timestamp) ? now() / 1_000 - Number(timestamp) : Number.NaN
  if (!(Math.abs(ageSeconds) <= toleranceSeconds)) {
    const detail = `webhook-timestamp ${timestamp} is not within ${toleranceSeconds} seconds of the clock of this receiver.`
    throw new ReelhookError({ code: 'invalid_timestamp', detail })
  }
  const body =
    typeof received.body === 'string'
      ? new TextEncoder().encode(received.body)
      : new Uint8Array(received.body)
  const key = await importSecret(secret)
  const signed = concatenate(new TextEncoder().encode(`${id}.${timestamp}.`), body)
  for (const signature of signaturesOf(signatures)) {
    // It compares in constant time.
    if (await crypto.subtle.verify('HMAC', key, signature, signed))
      return JSON.parse(new TextDecoder().decode(body))
  }
  const detail =
    'No v1 signature in webhook-signature fits the body and the secret. Is it the secret of this receiver, and the body as it arrived?'
  throw new ReelhookError({ code: 'invalid_signature', detail })
}

function readHeader(headers: ReceivedWebhook['headers'], name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : valueIn(headers, name)
  if (value) return value
  throw new ReelhookError({
    code: 'missing_header',
    detail: `The header ${name} is missing: this is no webhook of Reelhook.`,
  })
}

function valueIn(headers: Exclude<ReceivedWebhook['headers'], Headers>, name: string): string | undefined {
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return typeof value === 'string' ? value : value?.join(' ')
}

async function importSecret(secret: string): Promise<CryptoKey> {
  const bytes = fromBase64(secret.replace(/^whsec_/, ''))
  if (bytes !== null && bytes.length > 0) {
    return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  }
  throw new ReelhookError({ code: 'invalid_argument', detail: 'The secret is not whsec_ and base64.' })
}

/** Separated by spaces. After a rotation there are two; other versions are ignored. */
function signaturesOf(header: string): Uint8Array<ArrayBuffer>[] {
  return header.split(' ').flatMap((signature) => {
    const [version, value = ''] = signature.split(',', 2)
    const bytes = version === 'v1' ? fromBase64(value) : null
    return bytes === null ? [] : [bytes]
  })
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

function concatenate(one: Uint8Array, two: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(one.length + two.length)
  whole.set(one)
  whole.set(two, one.length)
  return whole
}
