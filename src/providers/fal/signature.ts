/**
 * The signature of fal's webhooks: Ed25519 over four lines, of which the last is the hash of the body, by one of the keys
 * that fal publishes as a JWKS. Source: fal, "Webhooks", Verifying your webhook.
 */
import { z } from 'zod'
import type { Fetch } from '../../connections.ts'
import { fromBase64Url } from '../../core/crypto/derived-keys.ts'
import { callProvider, isSuccess } from '../http.ts'
import type { SignatureVerdict, SignedWebhook } from '../webhook-signature.ts'

const [requestId, userId, timestamp, signature] = [
  'x-fal-webhook-request-id',
  'x-fal-webhook-user-id',
  'x-fal-webhook-timestamp',
  'x-fal-webhook-signature',
] as const

export const signatureHeaders = [requestId, userId, timestamp, signature]

interface Edges {
  fetch: Fetch
  now: () => number
}

/**
 * The signature proves that fal sent the webhook, not for which of fal's accounts: the token in the URL proves that. A replay
 * needs no memory of signatures: it is the same webhook with the same time, and the journal keeps it once.
 */
export async function verifySignature(
  jwksUrl: string,
  { headers, bodyHash, receivedAt }: SignedWebhook,
  edges: Edges,
): Promise<SignatureVerdict> {
  const lines = [headers[requestId], headers[userId], headers[timestamp]]
  const bytes = hexBytes(headers[signature] ?? '')
  if (bytes === null || lines.includes(undefined)) return 'invalid'
  const signedAt = /^\d{1,12}$/.test(lines[2] ?? '') ? Number(lines[2]) * 1_000 : Number.NaN
  if (!(signedAt - receivedAt <= toleranceMs && receivedAt - signedAt <= repeatedMs + toleranceMs))
    return 'invalid'
  const message = new TextEncoder().encode([...lines, bodyHash].join('\n'))
  for (const maxAgeMs of [keptMs, minFetchIntervalMs]) {
    const { keys, fetchedAt } = await keysOf(jwksUrl, maxAgeMs, edges)
    if (await isSignedByOneOf(keys, bytes, message)) return 'valid'
    // Keys that were fetched after the webhook came include the one that signed it.
    if (fetchedAt >= receivedAt) return 'invalid'
  }
  return 'undecided'
}

const toleranceMs = 300_000

/**
 * A webhook is repeated for two hours. No document says whether a repeat has a new signature. A dropped one could lose a paid
 * video, and an old one is harmless: the journal keeps it once.
 */
const repeatedMs = 2 * 3_600_000

/** "Cache the JWKS for at most 24 hours." */
const keptMs = 24 * 3_600_000

/** An unknown key may be a new one or a forger's, so it makes us fetch the keys this often at most. */
const minFetchIntervalMs = 60_000

interface Keys {
  keys: readonly CryptoKey[]
  /** When they were requested. Minus infinity: never. */
  fetchedAt: number
}

/** By URL, per isolate. */
const remembered = new Map<string, Keys>()

/** The keys, fetched again if they are older than that. None if they are too old to be used and the fetch fails. */
async function keysOf(url: string, maxAgeMs: number, { fetch, now }: Edges): Promise<Keys> {
  const known = remembered.get(url) ?? { keys: [], fetchedAt: Number.NEGATIVE_INFINITY }
  const at = now()
  // A clock that went back says nothing about their age.
  if (at >= known.fetchedAt && at - known.fetchedAt <= maxAgeMs) return known
  const keys = await fetchKeys(url, fetch)
  if (keys === null) return at - known.fetchedAt <= keptMs ? known : { ...known, keys: [] }
  const fetched = { keys, fetchedAt: at }
  remembered.set(url, fetched)
  return fetched
}

/** Null: the fetch failed, or no key can be used. */
async function fetchKeys(url: string, fetch: Fetch): Promise<CryptoKey[] | null> {
  const response = await callProvider(fetch, 'brief', url, { method: 'GET', headers: {} })
  const set = response.ok && isSuccess(response.value) ? jwksSchema.safeParse(response.value.body).data : null
  const points = (set?.keys ?? []).flat().flatMap(({ x }) => fromBase64Url(x) ?? [])
  const usable = points.filter(({ length }) => length === 32).slice(0, maxKeys)
  if (usable.length === 0) return null
  return Promise.all(
    usable.map((point) => crypto.subtle.importKey('raw', point, 'Ed25519', false, ['verify'])),
  )
}

const maxKeys = 16

async function isSignedByOneOf(
  keys: readonly CryptoKey[],
  signature: BufferSource,
  message: BufferSource,
): Promise<boolean> {
  for (const key of keys) if (await crypto.subtle.verify('Ed25519', key, signature, message)) return true
  return false
}

/** Null: not a signature of Ed25519. */
function hexBytes(text: string): Uint8Array<ArrayBuffer> | null {
  return /^[0-9a-f]{128}$/i.test(text) ? Uint8Array.fromHex(text) : null
}

const keySchema = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() })

const jwksSchema = z.object({
  keys: z.array(z.union([keySchema.transform((key) => [key]), z.unknown().transform(() => [])])),
})
