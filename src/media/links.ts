/** Signed links: a stored video's URL that works without an API key until it expires. */
import { sign, signingKey, type VersionedKey, type VersionedSecret, verify } from '../core/keys.ts'
import type { Link } from '../core/view.ts'

// Longer than the last attempt of a delivery that carries the link.
const lifetimeMs = 7 * 24 * 60 * 60 * 1_000

export interface LinkSettings {
  publicBaseUrl: string
  signingSecret: VersionedSecret
}

/** A link to each output of a job, by its number. */
export async function linksTo(
  settings: LinkSettings,
  jobId: string,
  numbers: readonly number[],
  nowMs: number,
): Promise<Map<number, Link>> {
  if (numbers.length === 0) return new Map()
  const key = await linkKey(settings)
  const expiresAt = nowMs + lifetimeMs
  const expires = Math.floor(expiresAt / 1_000)
  const links = numbers.map(async (n): Promise<[number, Link]> => {
    const signature = await sign(key, signedText(jobId, n, expires))
    const query = `expires=${expires}&signature=${signature}`
    return [
      n,
      {
        url: `${settings.publicBaseUrl}/v1/jobs/${jobId}/outputs/${n}?${query}`,
        expiresAt: expires * 1_000,
      },
    ]
  })
  return new Map(await Promise.all(links))
}

export async function isValidLink(
  settings: LinkSettings,
  output: { jobId: string; n: number },
  link: { expires: number; signature: string },
  nowMs: number,
): Promise<boolean> {
  if (link.expires * 1_000 < nowMs) return false
  return verify(await linkKey(settings), signedText(output.jobId, output.n, link.expires), link.signature)
}

function linkKey({ signingSecret }: LinkSettings): Promise<VersionedKey> {
  return signingKey(signingSecret, 'output links')
}

function signedText(jobId: string, n: number, expires: number): string {
  return `${jobId}/${n}/${expires}`
}
