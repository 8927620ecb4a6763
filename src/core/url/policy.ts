/**
 * The guard before every URL that Reelhook calls or fetches: only https, only public hosts, only ports of the web, no
 * credentials. It judges what the URL says; where a name leads is looked up in guard/. No I/O.
 */
import ipaddr from 'ipaddr.js'
import topLevelDomains from 'tlds' with { type: 'json' }
import { isWebPort } from './ports.ts'

/** `public` outside; `any` lifts the guard for local use (ALLOW_PRIVATE_NETWORK). */
export type NetworkPolicy = 'public' | 'any'

/** Why a URL may not be called: never, or not now. */
export interface Rejection {
  /** Follows on "the URL …". */
  message: string
  retry: 'never' | 'later'
  /** Its name leads nowhere, which says as much of the host as a call that nobody takes. */
  isHostDown?: true
}

/** The whole guard, asked right before a URL is called or fetched. Null: it may be. */
export type Guard = (url: string) => Promise<Rejection | null>

/** Why this URL may not be called, or null when it may. */
export function rejectUrl(target: string, reach: NetworkPolicy): string | null {
  if (!URL.canParse(target)) return 'is not a URL'
  const url = new URL(target)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (reach === 'any') return null
  if (url.protocol !== 'https:') return 'must begin with https://'
  return privateHost(hostOf(url)) ?? wrongPort(url)
}

/** The name that has to be looked up before the URL is called; null when its host is an address already. */
export function nameIn(target: string): string | null {
  const host = hostOf(new URL(target))
  return ipaddr.isValid(host) ? null : host
}

/** False for what is no address at all, too. */
export function isPublicAddress(text: string): boolean {
  return ipaddr.isValid(text) && isPublic(ipaddr.parse(text))
}

/** Whether a host is this one, or below it. */
export function isAtHost(hostname: string, host: string): boolean {
  return hostname === host || hostname.endsWith(`.${host}`)
}

// The URL parser has already turned decimal, octal, hex and short IPv4 forms into dotted ones.
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
}

function privateHost(host: string): string | null {
  if (ipaddr.isValid(host)) {
    return isPublicAddress(host) ? null : 'must not point at a private or reserved address'
  }
  const isPublicName = host.includes('.') && publicTopLevels.has(host.split('.').at(-1) ?? '')
  return isPublicName && !metadataHosts.includes(host) ? null : 'must name a public host'
}

function wrongPort({ port }: URL): string | null {
  // The parser leaves 443 out.
  return port === '' || isWebPort(Number(port))
    ? null
    : 'must use port 443, or one from 1024 on that is not known for another service'
}

// The root zone, as IANA publishes it. A name that ends otherwise is answered inside a network only, if at all: `.local`,
// `.internal`, a cluster's `kubernetes.default`, the special-use names of RFC 6761. A list of private suffixes would
// never be complete. `.arpa` is in the root zone and names no web host; `home.arpa` is for home networks (RFC 8375).
const publicTopLevels = new Set(topLevelDomains.filter((name) => name !== 'arpa').map(asciiOf))

// URLs hold international names as punycode; the list holds them as they are written.
function asciiOf(topLevel: string): string {
  return new URL(`https://${topLevel}`).hostname
}

// Under public suffixes: Google, Tencent, Equinix. The others end in .internal, or are addresses.
const metadataHosts = [
  ...['metadata.goog', 'metadata.tencentyun.com', 'metadata.packet.net', 'metadata.platformequinix.com'],
]

// Everything but plain unicast is out: private, loopback, link-local with its metadata address, mapped, 6to4, Teredo, …
// Of IPv6, only 2000::/3 is given out (RFC 4291 §2.4); the IPv4-compatible ::a.b.c.d and NAT64 lie outside it.
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const isGivenOut = address instanceof ipaddr.IPv4 || address.match(ipaddr.IPv6.parseCIDR('2000::/3'))
  return isGivenOut && address.range() === 'unicast' && address.toString() !== azureWireServer
}

// The one metadata address that lies among public ones.
const azureWireServer = '168.63.129.16'
