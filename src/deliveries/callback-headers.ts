/**
 * The headers that a job's callbacks carry, as they are stored: `authorization,x-tool <ciphertext>`. The API shows the names
 * without decrypting anything. No I/O.
 */
import { decrypt, encrypt, encryptionKey, type VersionedSecret } from '../core/crypto/derived-keys.ts'
import { readStored } from '../core/http/json.ts'
import { callbackHeadersSchema } from '../core/request/callback-headers.ts'

/** Null: there are none. */
export async function encryptHeaders(
  signingSecret: VersionedSecret,
  headers: Record<string, string>,
): Promise<string | null> {
  const names = Object.keys(headers)
  if (names.length === 0) return null
  return `${names.join()} ${await encrypt(await sealKey(signingSecret), JSON.stringify(headers))}`
}

/** Null: SIGNING_SECRET was changed since they were encrypted, or they are damaged. */
export async function decryptHeaders(
  signingSecret: VersionedSecret,
  stored: string | null,
): Promise<Record<string, string> | null> {
  if (stored === null) return {}
  const json = await decrypt(await sealKey(signingSecret), stored.slice(stored.indexOf(' ') + 1))
  return readStored(callbackHeadersSchema, json) ?? null
}

export function headerNamesIn(stored: string): string[] {
  return stored.slice(0, stored.indexOf(' ')).split(',')
}

function sealKey(signingSecret: VersionedSecret) {
  return encryptionKey(signingSecret, 'callback headers')
}
