/**
 * The URL guard. It checks the URL itself (core/url/policy) and, right before a call, the addresses of its host name:
 * every address must be public. A verdict is cached for the TTL of the DNS records, at most a minute.
 *
 * Known gap: fetch resolves the name again, and the platform cannot pin it to the checked address. A name whose DNS
 * servers give a different address the second time gets through.
 */
import type { Fetch } from '../connections.ts'
import {
  type Guard,
  isPublicAddress,
  type NetworkPolicy,
  nameIn,
  type Rejection,
  rejectUrl,
} from '../core/url/policy.ts'
import type { Log } from '../log.ts'
import { resolve } from './dns.ts'

export interface GuardSettings {
  reach: NetworkPolicy
  /** A DNS-over-HTTPS resolver. Null: names are not looked up. */
  dnsCheckUrl: string | null
}

interface Edges {
  fetch: Fetch
  now: () => number
  log: Log
}

export function createGuard(edges: Edges, { reach, dnsCheckUrl }: GuardSettings): Guard {
  return async (url) => {
    const message = rejectUrl(url, reach)
    if (message !== null) return { message, retry: 'never' }
    if (reach === 'any' || dnsCheckUrl === null) return null
    return checkName(edges, dnsCheckUrl, nameIn(url))
  }
}

async function checkName(edges: Edges, resolverUrl: string, name: string): Promise<Rejection | null> {
  const cached = verdicts.get(name)
  if (cached !== undefined && cached.expiresAt > edges.now()) return cached.rejection
  const resolution = await resolve({ fetch: edges.fetch, url: resolverUrl }, name)
  switch (resolution.state) {
    case 'resolved': {
      const rejection = resolution.addresses.every(isPublicAddress) ? null : privateAddress
      const cachedMs = Math.min(maxCachedMs, resolution.ttlSeconds * 1_000)
      cacheVerdict(name, { rejection, expiresAt: edges.now() + cachedMs })
      return rejection
    }
    case 'unresolved':
      return {
        message: `names a host that does not resolve (${resolution.reason})`,
        retry: 'later',
        isHostDown: true,
      }
    case 'unknown':
      // Fail closed, since an attacker who controls the DNS of a name can make lookups fail. Every caller retries.
      edges.log('resolver.failed', { host: name, error: resolution.error })
      return { message: `names a host that could not be looked up: ${resolution.error}`, retry: 'later' }
  }
}

const privateAddress: Rejection = {
  message: 'names a host with a private or reserved address',
  retry: 'never',
}

interface Verdict {
  rejection: Rejection | null
  expiresAt: number
}

const maxCachedMs = 60_000
const maxCached = 1_000

// Shared by all invocations in this isolate.
const verdicts = new Map<string, Verdict>()

function cacheVerdict(name: string, verdict: Verdict): void {
  verdicts.delete(name)
  verdicts.set(name, verdict)
  // A Map iterates in insertion order, so the first name is the oldest.
  const [oldest] = verdicts.keys()
  if (verdicts.size > maxCached && oldest !== undefined) verdicts.delete(oldest)
}
