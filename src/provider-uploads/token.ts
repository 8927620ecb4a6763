/**
 * The token in an upload's URL: an HMAC of the job, the line of its ledger and the token's own end. A line is one
 * provider's, and its key is for nothing else, so that no other URL of ours opens this door.
 */

import { signingKey, type VersionedKey, type VersionedSecret } from '../core/crypto/derived-keys.ts'
import { expiringToken, isCurrentToken } from '../core/crypto/expiring-token.ts'

export interface UploadSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** Where the provider of a ledger line is to PUT its video. */
export async function uploadUrl(
  settings: UploadSettings,
  job: { id: string; deadlineAt: number },
  n: number,
): Promise<string> {
  const token = await expiringToken(await tokenKey(settings), signedText(job.id, String(n)), job.deadlineAt)
  return `${settings.publicBaseUrl}/uploads/${job.id}/${n}/${token}`
}

export async function isValidToken(
  settings: UploadSettings,
  claim: { jobId: string; n: string; token: string },
  nowMs: number,
): Promise<boolean> {
  return isCurrentToken(await tokenKey(settings), signedText(claim.jobId, claim.n), claim.token, nowMs)
}

function tokenKey({ signingSecret }: UploadSettings): Promise<VersionedKey> {
  return signingKey(signingSecret, 'provider uploads')
}

// As it stands in the URL: another way to write the number is another text.
function signedText(jobId: string, n: string): string {
  return `${jobId}/${n}`
}
