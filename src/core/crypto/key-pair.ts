/**
 * The deployment's Ed25519 key pairs (RFC 8032), one for each version of SIGNING_SECRET. Their seeds are derived from the
 * secret, so no private key is stored. No I/O. No clock.
 */
import { deriveBytes, fromBase64Url, toBase64Url, type VersionedSecret } from './derived-keys.ts'

export interface KeyPair {
  /** The thumbprint of the public key as a JWK (RFC 7638; RFC 8037 §2). */
  id: string
  /** 32 bytes. */
  publicKey: Uint8Array
  privateKey: CryptoKey
}

/** The current pair first, then those of the previous versions. */
export function keyPairs(secret: VersionedSecret): Promise<KeyPair[]> {
  return Promise.all(secret.map(derivedPair))
}

/** The pair of a seed of 32 bytes. */
export async function keyPairOf(seed: Uint8Array): Promise<KeyPair> {
  const pkcs8 = new Uint8Array([...pkcs8Prefix, ...seed])
  const importKey = (isExtractable: boolean) =>
    crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, isExtractable, ['sign'])
  // WebCrypto reveals the public key only through an extractable private key. The returned private key is not one.
  const exported = await crypto.subtle.exportKey('jwk', await importKey(true))
  const publicKey = 'x' in exported && exported.x !== undefined ? fromBase64Url(exported.x) : null
  if (publicKey === null) throw new Error('the runtime exported no public key for an Ed25519 key')
  return { id: await thumbprint(publicKey), publicKey, privateKey: await importKey(false) }
}

/** The signature of the text, in base64. */
export async function signWith({ privateKey }: KeyPair, text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, encoder.encode(text))).toBase64()
}

/** The public key as a JWK (RFC 8037 §2), with its members in the order that a thumbprint requires. */
export function publicJwk(publicKey: Uint8Array) {
  return { crv: 'Ed25519' as const, kty: 'OKP' as const, x: toBase64Url(publicKey) }
}

const encoder = new TextEncoder()

// The bytes before the seed of an Ed25519 key in PKCS #8 (RFC 8410 §7).
const pkcs8Prefix = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]

// Cached, because every delivery needs it.
const derived = new Map<string, KeyPair>()

async function derivedPair(secret: string): Promise<KeyPair> {
  const cached = derived.get(secret)
  if (cached !== undefined) return cached
  const pair = await keyPairOf(await deriveBytes(secret, 'delivery signatures', 32))
  derived.set(secret, pair)
  return pair
}

async function thumbprint(publicKey: Uint8Array): Promise<string> {
  const canonical = encoder.encode(JSON.stringify(publicJwk(publicKey)))
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', canonical)))
}
