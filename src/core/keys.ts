/**
 * Keys for everything Reelhook signs or hides, each derived (HKDF-SHA-256, RFC 5869) from SIGNING_SECRET under a
 * name of its own, so that one can never be used in another's place. No I/O. No clock.
 */

const encoder = new TextEncoder()

/** A key that signs: `purpose` is what it is for, e.g. `provider webhooks`. */
export function signingKey(secret: string, purpose: string): Promise<CryptoKey> {
  return derive(secret, purpose, { name: 'HMAC', hash: 'SHA-256', length: 256 }, ['sign', 'verify'])
}

/** A key that encrypts what is kept at rest. */
export function encryptionKey(secret: string, purpose: string): Promise<CryptoKey> {
  return derive(secret, purpose, { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt'])
}

/** HMAC-SHA-256 of the text, in URL-safe base64. */
export async function sign(key: CryptoKey, text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))))
}

/** Compares in constant time, as WebCrypto's verify does. */
export async function verify(key: CryptoKey, text: string, signature: string): Promise<boolean> {
  const bytes = fromBase64Url(signature)
  return bytes !== null && crypto.subtle.verify('HMAC', key, bytes, encoder.encode(text))
}

export async function encrypt(key: CryptoKey, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, encoder.encode(text))
  return `v1.${toBase64Url(iv)}.${toBase64Url(new Uint8Array(sealed))}`
}

/** Null when it was sealed under another secret: SIGNING_SECRET was changed. */
export async function decrypt(key: CryptoKey, sealed: string): Promise<string | null> {
  const [version, iv, text] = sealed
    .split('.')
    .map((part, index) => (index === 0 ? part : fromBase64Url(part)))
  if (version !== 'v1' || !(iv instanceof Uint8Array) || !(text instanceof Uint8Array)) {
    throw new Error('a secret at rest is not in the form v1.iv.text')
  }
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, text))
  } catch (error) {
    if (error instanceof DOMException && error.name === 'OperationError') return null
    throw error
  }
}

/** SHA-256 of the text, in lower-case hex. */
export async function sha256(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

// Derived once for each purpose: every webhook that comes in needs its key.
const derived = new Map<string, CryptoKey>()

async function derive(
  secret: string,
  purpose: string,
  algorithm: { name: string; hash?: string; length: number },
  usages: ('sign' | 'verify' | 'encrypt' | 'decrypt')[],
): Promise<CryptoKey> {
  const name = JSON.stringify([algorithm.name, purpose, secret])
  const known = derived.get(name)
  if (known !== undefined) return known
  const root = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey'])
  const info = encoder.encode(`reelhook ${purpose}`)
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  const key = await crypto.subtle.deriveKey(derivation, root, algorithm, false, usages)
  derived.set(name, key)
  return key
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text)) return null
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
  } catch (error) {
    if (error instanceof DOMException) return null // not base64: a forged token, not a surprise
    throw error
  }
}
