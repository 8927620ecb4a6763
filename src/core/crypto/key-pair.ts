/**
 * The deployment's own Ed25519 pairs (RFC 8032), one for each version of SIGNING_SECRET. Their seeds derive from it, so
 * that no private key is kept anywhere. No I/O. No clock.
 */
import { deriveBytes, fromBase64Url, toBase64Url, type VersionedSecret } from './derived-keys.ts'

export interface KeyPair {
  /** The thumbprint of the public key as a JWK (RFC 7638; RFC 8037 §2). */
  id: string
  /** 32 bytes. */
  publicKey: Uint8Array
  privateKey: CryptoKey
}

/** The current pair, then those of the versions before it. */
export function keyPairs(secret: VersionedSecret): Promise<KeyPair[]> {
  return Promise.all(secret.map(derivedPair))
}

/** The pair that a seed of 32 bytes makes. */
export async function keyPairOf(seed: Uint8Array): Promise<KeyPair> {
  const pkcs8 = new Uint8Array([...pkcs8Head, ...seed])
  const importKey = (isExtractable: boolean) =>
    crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, isExtractable, ['sign'])
  // The public key is told of a private one that may be exported alone; the one that is kept may not be.
  const exported = await crypto.subtle.exportKey('jwk', await importKey(true))
  const publicKey = 'x' in exported && exported.x !== undefined ? fromBase64Url(exported.x) : null
  if (publicKey === null) throw new Error('the runtime tells no public key of an Ed25519 pair')
  return { id: await thumbprint(publicKey), publicKey, privateKey: await importKey(false) }
}

/** The signature of the text, in base64. */
export async function signWith({ privateKey }: KeyPair, text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, encoder.encode(text))).toBase64()
}

/** The members that make the public key, as a JWK (RFC 8037 §2), in the order of a thumbprint. */
export function publicJwk(publicKey: Uint8Array) {
  return { crv: 'Ed25519' as const, kty: 'OKP' as const, x: toBase64Url(publicKey) }
}

const encoder = new TextEncoder()

// What stands before the seed of an Ed25519 key in PKCS #8 (RFC 8410 §7).
const pkcs8Head = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]

// Derived once: every delivery needs it.
const derived = new Map<string, KeyPair>()

async function derivedPair(secret: string): Promise<KeyPair> {
  const known = derived.get(secret)
  if (known !== undefined) return known
  const pair = await keyPairOf(await deriveBytes(secret, 'delivery signatures', 32))
  derived.set(secret, pair)
  return pair
}

async function thumbprint(publicKey: Uint8Array): Promise<string> {
  const canonical = encoder.encode(JSON.stringify(publicJwk(publicKey)))
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', canonical)))
}
