/**
 * The guard before every URL that Reelhook calls or fetches: only https, only public hosts, no credentials.
 * It judges what the URL says; the platform resolves names, so a public name with a private address is not seen
 * here. No I/O.
 */
import ipaddr from 'ipaddr.js'

/** `public` outside; `any` lifts the guard for local use (ALLOW_PRIVATE_NETWORK). */
export type Reach = 'public' | 'any'

const privateSuffixes = ['localhost', 'local', 'internal', 'home.arpa']

/** Why this URL may not be called, or null when it may. */
export function forbidden(target: string, reach: Reach): string | null {
  if (!URL.canParse(target)) return 'is not a URL'
  const url = new URL(target)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (reach === 'any') return null
  if (url.protocol !== 'https:') return 'must begin with https://'
  return privateHost(url.hostname)
}

/** Whether a host is this one, or below it. */
export function isAtHost(hostname: string, host: string): boolean {
  return hostname === host || hostname.endsWith(`.${host}`)
}

// The URL parser has already turned decimal, octal, hex and short IPv4 forms into dotted ones.
function privateHost(hostname: string): string | null {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
  if (ipaddr.isValid(host)) {
    // Everything but plain unicast: private, loopback, link-local (the metadata address), mapped, 6to4, …
    return isPublic(ipaddr.parse(host)) ? null : 'must not point at a private or reserved address'
  }
  const isPrivate = privateSuffixes.some((suffix) => isAtHost(host, suffix))
  if (isPrivate || !host.includes('.')) return 'must name a public host'
  return null
}

// Of IPv6, only 2000::/3 is given out (RFC 4291 §2.4); the IPv4-compatible ::a.b.c.d lies outside it.
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const isGivenOut = address instanceof ipaddr.IPv4 || address.match(ipaddr.IPv6.parseCIDR('2000::/3'))
  return isGivenOut && address.range() === 'unicast'
}
