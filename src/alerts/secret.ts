/** The secret that signs our own JSON, in each version of SIGNING_SECRET. No I/O. */
import { deriveBytes, type VersionedSecret } from '../core/crypto/derived-keys.ts'

/** `whsec_…`, the current one first. While SIGNING_SECRET is changed, both sign. */
export async function alertSecrets(signingSecret: VersionedSecret): Promise<[string, ...string[]]> {
  const [current, ...previous] = signingSecret
  return [await secretOf(current), ...(await Promise.all(previous.map(secretOf)))]
}

async function secretOf(secret: string): Promise<string> {
  return `whsec_${(await deriveBytes(secret, 'alerts', 32)).toBase64()}`
}
