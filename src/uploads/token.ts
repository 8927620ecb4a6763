/**
 * The token in an upload's URL: an HMAC of the job and the line of its ledger. A line is one provider's, and its key is
 * for nothing else, so that no other URL of ours opens this door.
 */
import { sign, signingKey, type VersionedKey, type VersionedSecret, verify } from '../core/keys.ts'

export interface UploadSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** Where the provider of a ledger line is to PUT its video. */
export async function uploadUrl(
  settings: UploadSettings,
  { jobId, n }: { jobId: string; n: number },
): Promise<string> {
  const token = await sign(await tokenKey(settings), signedText(jobId, String(n)))
  return `${settings.publicBaseUrl}/uploads/${jobId}/${n}/${token}`
}

export async function isValidToken(
  settings: UploadSettings,
  claim: { jobId: string; n: string; token: string },
): Promise<boolean> {
  return verify(await tokenKey(settings), signedText(claim.jobId, claim.n), claim.token)
}

function tokenKey({ signingSecret }: UploadSettings): Promise<VersionedKey> {
  return signingKey(signingSecret, 'provider uploads')
}

// As it stands in the URL: another way to write the number is another text.
function signedText(jobId: string, n: string): string {
  return `${jobId}/${n}`
}
