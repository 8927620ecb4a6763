/**
 * Standard Webhooks headers for one attempt. The id is the event's, the timestamp the attempt's. Every secret that the
 * receiver may use signs (`v1`), and so does the deployment's key pair (`v1a`, Ed25519). No I/O. No clock.
 */
import type { VersionedSecret } from '../core/crypto/derived-keys.ts'
import { type KeyPair, keyPairs, signWith } from '../core/crypto/key-pair.ts'
import { decryptSecret } from './secrets.ts'

export interface Signers {
  /** `whsec_…`, the newest first. */
  secrets: readonly string[]
  pairs: readonly KeyPair[]
}

/** Null when no secret can be decrypted: a receiver that verifies `v1` only would refuse a lone `v1a`. */
export async function signersOf(
  signingSecret: VersionedSecret,
  encryptedSecrets: readonly string[],
): Promise<Signers | null> {
  const decrypted = await Promise.all(encryptedSecrets.map((secret) => decryptSecret(signingSecret, secret)))
  const secrets = decrypted.filter((secret) => secret !== null)
  return secrets.length === 0 ? null : signersFor(signingSecret, secrets)
}

/** These secrets and the deployment's key pair. */
export async function signersFor(
  signingSecret: VersionedSecret,
  secrets: readonly string[],
): Promise<Signers> {
  return { secrets, pairs: await keyPairs(signingSecret) }
}

export async function signatureHeaders(
  { secrets, pairs }: Signers,
  eventId: string,
  body: string,
  nowMs: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000))
  const signedText = `${eventId}.${timestamp}.${body}`
  const symmetric = secrets.map(
    async (secret) => `v1,${(await hmac(bytesOf(secret), signedText)).toBase64()}`,
  )
  const asymmetric = pairs.map(async (pair) => `v1a,${await signWith(pair, signedText)}`)
  return {
    'webhook-id': eventId,
    'webhook-timestamp': timestamp,
    // The newest secret first, for receivers that verify the first signature only.
    'webhook-signature': (await Promise.all([...symmetric, ...asymmetric])).join(' '),
  }
}

function bytesOf(secret: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(secret.replace(/^whsec_/, ''))
}

/** HMAC-SHA-256. The runtime's own is faster than that of the Standard Webhooks library, which verifies it in the tests. */
export async function hmac(secret: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)))
}
