/** Signed links: URLs of stored media that work without an API key until they expire. */
import type { VersionedSecret } from '../core/crypto/derived-keys.ts'
import { isSignedPath, type SignedPath, signPath } from '../core/crypto/signed-path.ts'
import type { JobRows, Link } from '../core/job/view.ts'
import { extensionOf } from './sniff/file-type.ts'

/** The longest life of a link. It outlives the last attempt of a delivery that contains the link. */
export const longestLinkSeconds = 7 * 24 * 60 * 60

export interface LinkSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/**
 * The file that a link opens: an output, or the content of an asset. Issued links end in the file's name, because many tools
 * look at the extension of a URL.
 */
export type LinkTarget = ({ jobId: string; n: number } | { assetId: string }) & {
  fileName?: string | undefined
}

/** The name of a stored output: at the end of its links, and of the file that a browser saves. */
export function outputFileName(
  jobId: string,
  { n, contentType }: { n: number; contentType: string },
): string {
  return `${jobId}-${n}.${extensionOf(contentType)}`
}

/** The same for an asset: the name that it was uploaded with, in characters that a URL and a header need not escape. */
export function assetFileName(asset: { id: string; fileName: string | null; contentType: string }): string {
  const stem = (asset.fileName ?? '')
    .replace(/\.\w{1,5}$/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .slice(0, maxStemLength)
    .replace(/^-+|-+$/g, '')
  return `${stem || asset.id}.${extensionOf(asset.contentType)}`
}

const maxStemLength = 64

/** A link to each stored output of a job, by its number. */
export async function linksTo(
  settings: LinkSettings,
  jobId: string,
  outputs: JobRows['outputs'],
  nowMs: number,
): Promise<Map<number, Link>> {
  const expiresAt = nowMs + longestLinkSeconds * 1_000
  const stored = outputs.flatMap((output) => (output.status === 'stored' ? [output] : []))
  const links = stored.map(async (output): Promise<[number, Link]> => {
    const fileName = outputFileName(jobId, output)
    return [output.n, await linkTo(settings, { jobId, n: output.n, fileName }, expiresAt)]
  })
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
  const name = target.fileName === undefined ? '' : `/${target.fileName}`
  return { secret: signingSecret, purpose: 'links', path: `${path}${name}` }
}
