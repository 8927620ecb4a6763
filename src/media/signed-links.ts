/** Signed links: URLs of stored media that work without an API key until they expire. */
import {
  sign,
  signingKey,
  type VersionedKey,
  type VersionedSecret,
  verify,
} from '../core/crypto/derived-keys.ts'
import type { Link } from '../core/job-view.ts'

/** Longer than until the last attempt of a delivery that carries the link; and the longest that is issued. */
export const longestLinkSeconds = 7 * 24 * 60 * 60

export interface LinkSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** What a link leads to: an output, or an asset's content. */
export type Linked = { jobId: string; n: number } | { assetId: string }

/** A link to each output of a job, by its number. */
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

/** It opens until the second in which `expiresAtMs` lies. */
export async function linkTo(settings: LinkSettings, linked: Linked, expiresAtMs: number): Promise<Link> {
  const expires = Math.floor(expiresAtMs / 1_000)
  const signature = await sign(await linkKey(settings), signedText(linked, expires))
  const query = `expires=${expires}&signature=${signature}`
  return { url: `${settings.publicBaseUrl}${pathOf(linked)}?${query}`, expiresAt: expires * 1_000 }
}

export async function isValidLink(
  settings: LinkSettings,
  linked: Linked,
  link: { expires: number; signature: string },
  nowMs: number,
): Promise<boolean> {
  if (link.expires * 1_000 < nowMs) return false
  return verify(await linkKey(settings), signedText(linked, link.expires), link.signature)
}

function linkKey({ signingSecret }: LinkSettings): Promise<VersionedKey> {
  return signingKey(signingSecret, 'links')
}

// The whole path is signed: what opens an output opens nothing else.
function signedText(linked: Linked, expires: number): string {
  return `${pathOf(linked)}?expires=${expires}`
}

function pathOf(linked: Linked): string {
  return 'assetId' in linked
    ? `/v1/assets/${linked.assetId}/content`
    : `/v1/jobs/${linked.jobId}/outputs/${linked.n}`
}
