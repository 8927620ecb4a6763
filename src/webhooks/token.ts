/**
 * The token in a callback URL: an HMAC of provider and job. A forged call is refused by arithmetic alone, before
 * any storage is touched. (Neither provider signs what it posts.)
 */
import { sign, signingKey, type VersionedKey, type VersionedSecret, verify } from '../core/keys.ts'
import type { ProviderName } from '../core/request.ts'

export interface CallbackSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** The URL that a provider is given for one job. */
export async function callbackUrl(
  settings: CallbackSettings,
  provider: ProviderName,
  jobId: string,
): Promise<string> {
  const token = await sign(await tokenKey(settings), signedText(provider, jobId))
  return `${settings.publicBaseUrl}/webhooks/${provider}/${jobId}/${token}`
}

export async function isValidToken(
  settings: CallbackSettings,
  claim: { provider: string; jobId: string; token: string },
): Promise<boolean> {
  return verify(await tokenKey(settings), signedText(claim.provider, claim.jobId), claim.token)
}

function tokenKey({ signingSecret }: CallbackSettings): Promise<VersionedKey> {
  return signingKey(signingSecret, 'provider webhooks')
}

function signedText(provider: string, jobId: string): string {
  return `${provider}/${jobId}`
}
