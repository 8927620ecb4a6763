/**
 * The token in a callback URL. Few providers sign their webhooks, and a signature names no job, so the URL itself proves
 * where a webhook comes from: the token covers the provider, the job and the token's expiry.
 */
import type { VersionedSecret } from '../core/crypto/derived-keys.ts'
import { expiringToken, isCurrentToken, type SignedPath } from '../core/crypto/signed-path.ts'
import type { ProviderName } from '../core/request/choices.ts'

export interface CallbackSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** The URL that a provider is given for one job. It is the same for each of the job's submissions. */
export async function callbackUrl(
  settings: CallbackSettings,
  provider: ProviderName,
  job: { id: string; deadlineAt: number },
): Promise<string> {
  const path = `${provider}/${job.id}`
  const token = await expiringToken(signed(settings, path), job.deadlineAt)
  return `${settings.publicBaseUrl}/webhooks/${path}/${token}`
}

export function isValidToken(
  settings: CallbackSettings,
  { provider, jobId, token }: { provider: string; jobId: string; token: string },
  nowMs: number,
): Promise<boolean> {
  return isCurrentToken(signed(settings, `${provider}/${jobId}`), token, nowMs)
}

function signed({ signingSecret }: CallbackSettings, path: string): SignedPath {
  return { secret: signingSecret, purpose: 'provider webhooks', path }
}
