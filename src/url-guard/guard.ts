/**
 * The guard whole: what a URL says (core/target), and, right before it is called, where its name leads. Every address
 * must be public. The answer is kept as long as it may be, and no longer than a minute.
 *
 * What it cannot close: fetch looks the name up again, and nothing can pin it to the address that was judged here. A
 * name whose servers answer the two questions differently gets through.
 */
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
  /** A resolver over HTTPS; null: names are not looked up. */
  dnsCheckUrl: string | null
}

interface Edges {
  fetch: (request: Request) => Promise<Response>
  now: () => number
  log: Log
}

const longestKeptMs = 60_000
const mostKept = 1_000

export function createGuard(edges: Edges, { reach, dnsCheckUrl }: GuardSettings): Guard {
  return async (url) => {
    const message = rejectUrl(url, reach)
    if (message !== null) return { message, retry: 'never' }
    const name = nameIn(url)
    return name === null || reach === 'any' || dnsCheckUrl === null
      ? null
      : judgeName(edges, dnsCheckUrl, name)
  }
}

async function judgeName(edges: Edges, resolverUrl: string, name: string): Promise<Rejection | null> {
  const kept = verdicts.get(name)
  if (kept !== undefined && kept.until > edges.now()) return kept.objection
  const resolution = await resolve({ fetch: edges.fetch, url: resolverUrl }, name)
  switch (resolution.state) {
    case 'resolved': {
      const objection = resolution.addresses.every(isPublicAddress) ? null : leadsInside
      keep(name, objection, edges.now() + Math.min(longestKeptMs, resolution.ttlSeconds * 1_000))
      return objection
    }
    case 'unresolved':
      return {
        message: `names a host that does not resolve (${resolution.said})`,
        retry: 'later',
        isHostDown: true,
      }
    case 'unknown':
      // Not let through: the name's owner can make a lookup of it fail. Every caller of the guard comes again later.
      edges.log('resolver.failed', { host: name, error: resolution.error })
      return { message: `names a host that could not be looked up: ${resolution.error}`, retry: 'later' }
  }
}

const leadsInside: Rejection = {
  message: 'names a host with a private or reserved address',
  retry: 'never',
}

// Of this isolate, over its invocations.
const verdicts = new Map<string, { objection: Rejection | null; until: number }>()

function keep(name: string, objection: Rejection | null, until: number): void {
  verdicts.delete(name)
  verdicts.set(name, { objection, until })
  // In the order in which they were kept: the oldest goes.
  const [oldest] = verdicts.keys()
  if (verdicts.size > mostKept && oldest !== undefined) verdicts.delete(oldest)
}
