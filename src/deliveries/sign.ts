/**
 * Standard Webhooks headers for one attempt: the id stays the same, the timestamp is the attempt's. Every secret that
 * the receiver may hold signs (`v1`), and so does the deployment's own key (`v1a`, Ed25519). No I/O. No clock.
 */
import { Webhook } from 'standardwebhooks'
import type { VersionedSecret } from '../core/crypto/derived-keys.ts'
import { type KeyPair, keyPairs, signWith } from '../core/crypto/key-pair.ts'
import { decryptSecret } from './secrets.ts'

export interface Signers {
  /** `whsec_…`, the newest first. */
  secrets: readonly string[]
  pairs: readonly KeyPair[]
}

/** Null when none of the sealed secrets can be opened: a receiver that knows `v1` alone would refuse the rest. */
export async function signersOf(
  signingSecret: VersionedSecret,
  sealed: readonly string[],
): Promise<Signers | null> {
  const opened = await Promise.all(sealed.map((one) => decryptSecret(signingSecret, one)))
  const secrets = opened.filter((secret) => secret !== null)
  return secrets.length === 0 ? null : signersFor(signingSecret, secrets)
}

/** These secrets, and the deployment's own key. */
export async function signersFor(
  signingSecret: VersionedSecret,
  secrets: readonly string[],
): Promise<Signers> {
  return { secrets, pairs: await keyPairs(signingSecret) }
}

export async function signedHeaders(
  { secrets, pairs }: Signers,
  eventId: string,
  body: string,
  nowMs: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000))
  const symmetric = secrets.map((secret) => new Webhook(secret).sign(eventId, new Date(nowMs), body))
  const signedText = `${eventId}.${timestamp}.${body}`
  const asymmetric = pairs.map(async (pair) => `v1a,${await signWith(pair, signedText)}`)
  return {
    'webhook-id': eventId,
    'webhook-timestamp': timestamp,
    // The newest secret first, for receivers that look no further.
    'webhook-signature': [...symmetric, ...(await Promise.all(asymmetric))].join(' '),
  }
}
