/**
 * The token in a callback URL: an HMAC of provider, job and the token's own end. A forged call is refused by arithmetic
 * alone, before any storage is touched. (Neither provider signs what it posts.)
 */

import { signingKey, type VersionedKey, type VersionedSecret } from '../core/crypto/derived-keys.ts'
import { expiringToken, isCurrentToken } from '../core/crypto/expiring-token.ts'
import type { ProviderName } from '../core/request/request.ts'

export interface CallbackSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** The URL that a provider is given for one job. The same job has the same URL each time. */
export async function callbackUrl(
  settings: CallbackSettings,
  provider: ProviderName,
  job: { id: string; deadlineAt: number },
): Promise<string> {
  const token = await expiringToken(await tokenKey(settings), signedText(provider, job.id), job.deadlineAt)
  return `${settings.publicBaseUrl}/webhooks/${provider}/${job.id}/${token}`
}

export async function isValidToken(
  settings: CallbackSettings,
  claim: { provider: string; jobId: string; token: string },
  nowMs: number,
): Promise<boolean> {
  return isCurrentToken(await tokenKey(settings), signedText(claim.provider, claim.jobId), claim.token, nowMs)
}

function tokenKey({ signingSecret }: CallbackSettings): Promise<VersionedKey> {
  return signingKey(signingSecret, 'provider webhooks')
}

function signedText(provider: string, jobId: string): string {
  return `${provider}/${jobId}`
}
