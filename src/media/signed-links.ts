/** Signed links: URLs of stored media that work without an API key until they expire. */
import type { VersionedSecret } from '../core/crypto/derived-keys.ts'
import { isSignedPath, type SignedPath, signPath } from '../core/crypto/signed-path.ts'
import type { Link } from '../core/job/view.ts'

/** The longest life of a link. It outlives the last attempt of a delivery that contains the link. */
export const longestLinkSeconds = 7 * 24 * 60 * 60

export interface LinkSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** The file that a link opens: an output, or the content of an asset. */
export type LinkTarget = { jobId: string; n: number } | { assetId: string }

/** A link to each of these outputs of a job, by its number. */
export async function linksTo(
  settings: LinkSettings,
  jobId: string,
  numbers: readonly number[],
  nowMs: number,
): Promise<Map<number, Link>> {
  const expiresAt = nowMs + longestLinkSeconds * 1_000
  const links = numbers.map(
    async (n): Promise<[number, Link]> => [n, await linkTo(settings, { jobId, n }, expiresAt)],
  )
  return new Map(await Promise.all(links))
}

/** The link expires at the start of the second that contains `expiresAtMs`. */
export async function linkTo(settings: LinkSettings, target: LinkTarget, expiresAtMs: number): Promise<Link> {
  const expires = Math.floor(expiresAtMs / 1_000)
  const signed = signedPath(settings, target)
  const query = `expires=${expires}&signature=${await signPath(signed, String(expires))}`
  return { url: `${settings.publicBaseUrl}${signed.path}?${query}`, expiresAt: expires * 1_000 }
}

export async function isValidLink(
  settings: LinkSettings,
  target: LinkTarget,
  { expires, signature }: { expires: number; signature: string },
  nowMs: number,
): Promise<boolean> {
  if (expires * 1_000 < nowMs) return false
  return isSignedPath(signedPath(settings, target), String(expires), signature)
}

function signedPath({ signingSecret }: LinkSettings, target: LinkTarget): SignedPath {
  const path =
    'assetId' in target
      ? `/v1/assets/${target.assetId}/content`
      : `/v1/jobs/${target.jobId}/outputs/${target.n}`
  return { secret: signingSecret, purpose: 'links', path }
}
