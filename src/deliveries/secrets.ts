/** Callback secrets: created, encrypted for the database, and decrypted for signing. No I/O. */
import { decrypt, encrypt, encryptionKey, type VersionedSecret } from '../core/crypto/derived-keys.ts'

/** A new Standard Webhooks secret: 32 random bytes. */
export function newSecret(): string {
  return `whsec_${crypto.getRandomValues(new Uint8Array(32)).toBase64()}`
}

export async function encryptSecret(signingSecret: VersionedSecret, secret: string): Promise<string> {
  return encrypt(await sealKey(signingSecret), secret)
}

/** Null when it cannot be had any more: SIGNING_SECRET was changed since it was sealed, and forgotten. */
export async function decryptSecret(signingSecret: VersionedSecret, sealed: string): Promise<string | null> {
  return decrypt(await sealKey(signingSecret), sealed)
}

function sealKey(signingSecret: VersionedSecret) {
  return encryptionKey(signingSecret, 'callback secrets')
}
