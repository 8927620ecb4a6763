/** Callback secrets: created, encrypted for the database, and decrypted for signing. No I/O. */
import { decrypt, encrypt, encryptionKey, type VersionedSecret } from '../core/crypto/derived-keys.ts'

/** A new Standard Webhooks secret: 32 random bytes. */
export function newSecret(): string {
  return `whsec_${crypto.getRandomValues(new Uint8Array(32)).toBase64()}`
}

export async function encryptSecret(signingSecret: VersionedSecret, secret: string): Promise<string> {
  return encrypt(await callbackSecretKey(signingSecret), secret)
}

/** Null when it cannot be decrypted: its version of SIGNING_SECRET is no longer configured. */
export async function decryptSecret(
  signingSecret: VersionedSecret,
  encrypted: string,
): Promise<string | null> {
  return decrypt(await callbackSecretKey(signingSecret), encrypted)
}

function callbackSecretKey(signingSecret: VersionedSecret) {
  return encryptionKey(signingSecret, 'callback secrets')
}
