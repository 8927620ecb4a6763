/**
 * The token in an upload URL: it covers the job, the number of its task and the token's expiry. Its key has this one
 * purpose, so no other signed URL is accepted as an upload URL.
 */
import type { VersionedSecret } from '../core/crypto/derived-keys.ts'
import { expiringToken, isCurrentToken, type SignedPath } from '../core/crypto/signed-path.ts'

export interface UploadSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** The URL to which the provider of task `n` uploads its video with PUT. */
export async function uploadUrl(
  settings: UploadSettings,
  job: { id: string; deadlineAt: number },
  n: number,
): Promise<string> {
  const path = `${job.id}/${n}`
  const token = await expiringToken(signed(settings, path), job.deadlineAt)
  return `${settings.publicBaseUrl}/uploads/${path}/${token}`
}

/** `n` is signed as written in the URL, so the same number in another spelling is refused. */
export function isValidToken(
  settings: UploadSettings,
  { jobId, n, token }: { jobId: string; n: string; token: string },
  nowMs: number,
): Promise<boolean> {
  return isCurrentToken(signed(settings, `${jobId}/${n}`), token, nowMs)
}

function signed({ signingSecret }: UploadSettings, path: string): SignedPath {
  return { secret: signingSecret, purpose: 'provider uploads', path }
}
