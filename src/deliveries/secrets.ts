/** Callback secrets: made, sealed for the database, and found again when something is to be signed. */
import { decrypt, encrypt, encryptionKey } from '../core/keys.ts'
import { findApiKey } from '../store/api-keys.ts'
import type { Database } from '../store/database.ts'
import type { Job } from '../store/jobs.ts'

/** A new Standard Webhooks secret: 32 random bytes. */
export function newSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`
}

export async function sealSecret(signingSecret: string, secret: string): Promise<string> {
  return encrypt(await sealKey(signingSecret), secret)
}

/** What signs this job's deliveries: its own secret, else its API key's. Null: neither can be had any more. */
export async function secretFor(
  db: Database,
  signingSecret: string,
  job: Pick<Job, 'callbackSecret' | 'apiKeyId'>,
): Promise<string | null> {
  const sealed = job.callbackSecret ?? (await findApiKey(db, job.apiKeyId))?.callbackSecret
  return sealed === undefined ? null : decrypt(await sealKey(signingSecret), sealed)
}

function sealKey(signingSecret: string): Promise<CryptoKey> {
  return encryptionKey(signingSecret, 'callback secrets')
}
