/**
 * Keys for everything Reelhook signs or hides, each derived (HKDF-SHA-256, RFC 5869) from SIGNING_SECRET under a
 * name of its own, so that one can never be used in another's place. Each comes in the versions of that secret, so
 * that it can be changed while what was signed and sealed before is still good. No I/O. No clock.
 */

const encoder = new TextEncoder()

/** A secret in its versions: the one that signs and seals, then those that only verify and open. */
export type VersionedSecret = readonly [current: string, ...previous: string[]]

/** A key in the versions of its secret. */
export type VersionedKey = readonly [KeyVersion, ...KeyVersion[]]

interface KeyVersion {
  version: string
  key: CryptoKey
}

/** A key that signs: `purpose` is what it is for, e.g. `provider webhooks`. */
export function signingKey(secret: VersionedSecret, purpose: string): Promise<VersionedKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256', length: 256 }
  return inEachVersion(secret, (one) => deriveKey(one, purpose, algorithm, ['sign', 'verify']))
}

/** A key that encrypts what is kept at rest. */
export function encryptionKey(secret: VersionedSecret, purpose: string): Promise<VersionedKey> {
  const algorithm = { name: 'AES-GCM', length: 256 }
  return inEachVersion(secret, (one) => deriveKey(one, purpose, algorithm, ['encrypt', 'decrypt']))
}

/** HMAC-SHA-256 of the text, in URL-safe base64. */
export async function sign([{ key }]: VersionedKey, text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))))
}

/** Compares in constant time, as WebCrypto's verify does. */
export async function verify(versions: VersionedKey, text: string, signature: string): Promise<boolean> {
  const bytes = fromBase64Url(signature)
  if (bytes === null) return false
  for (const { key } of versions) {
    if (await crypto.subtle.verify('HMAC', key, bytes, encoder.encode(text))) return true
  }
  return false
}

/** `<version>.<iv>.<text>`: what was sealed says under which version. */
export async function encrypt([{ version, key }]: VersionedKey, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, encoder.encode(text))
  return `${version}.${toBase64Url(iv)}.${toBase64Url(new Uint8Array(sealed))}`
}

/** Null when it was sealed under a secret that is no longer known, or tampered with. */
export async function decrypt(versions: VersionedKey, sealed: string): Promise<string | null> {
  const [version, ...parts] = sealed.split('.')
  const [iv, text] = parts.map(fromBase64Url)
  if (parts.length !== 2 || !iv || !text) {
    throw new Error('a secret at rest is not in the form version.iv.text')
  }
  const key = versions.find((one) => one.version === version)?.key
  if (key === undefined) return null
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, text))
  } catch (error) {
    if (error instanceof DOMException && error.name === 'OperationError') return null
    throw error
  }
}

/** SHA-256 of the bytes, or of the text as UTF-8, in lower-case hex. */
export async function sha256(content: string | BufferSource): Promise<string> {
  const bytes = typeof content === 'string' ? encoder.encode(content) : content
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex()
}

/** Names a version without telling anything of the secret: 48 bits that derive from it. */
export async function versionOf(secret: string): Promise<string> {
  const known = versions.get(secret)
  if (known !== undefined) return known
  const version = toBase64Url(await deriveBytes(secret, 'key version', 6))
  versions.set(secret, version)
  return version
}

/** So many bytes for a key that WebCrypto does not derive itself. */
export async function deriveBytes(secret: string, purpose: string, count: number): Promise<Uint8Array> {
  const root = await rootOf(secret)
  return new Uint8Array(await crypto.subtle.deriveBits(derivation(purpose), root, count * 8))
}

// Derived once: every webhook that comes in needs its key.
const versions = new Map<string, string>()
const keys = new Map<string, CryptoKey>()

async function inEachVersion(
  [current, ...previous]: VersionedSecret,
  derive: (secret: string) => Promise<CryptoKey>,
): Promise<VersionedKey> {
  const versioned = async (secret: string) => ({
    version: await versionOf(secret),
    key: await derive(secret),
  })
  return [await versioned(current), ...(await Promise.all(previous.map(versioned)))]
}

async function deriveKey(
  secret: string,
  purpose: string,
  algorithm: { name: string; hash?: string; length: number },
  usages: ('sign' | 'verify' | 'encrypt' | 'decrypt')[],
): Promise<CryptoKey> {
  const name = JSON.stringify([algorithm.name, purpose, secret])
  const known = keys.get(name)
  if (known !== undefined) return known
  const root = await rootOf(secret)
  const key = await crypto.subtle.deriveKey(derivation(purpose), root, algorithm, false, usages)
  keys.set(name, key)
  return key
}

function rootOf(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey', 'deriveBits'])
}

function derivation(purpose: string) {
  const info = encoder.encode(`reelhook ${purpose}`)
  return { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
}

export function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/**
 * Null unless `toBase64Url` writes the bytes exactly so: decoding also accepts padding, spaces, and a last character
 * whose unused bits are set, and a signature must have one spelling.
 */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
    return toBase64Url(bytes) === text ? bytes : null
  } catch (error) {
    if (error instanceof SyntaxError) return null // not base64: a forged token, not a bug
    throw error
  }
}
