/**
 * The policy for every URL that Reelhook calls or fetches: https only, names of public hosts only, web ports only, no
 * credentials. It checks the text of the URL; url-guard/ resolves its name. No I/O.
 */
import ipaddr from 'ipaddr.js'
import topLevelDomains from 'tlds' with { type: 'json' }
import { isWebPort } from './ports.ts'

/** `any` allows private networks, for local use (ALLOW_PRIVATE_NETWORK). */
export type NetworkPolicy = 'public' | 'any'

/** Why a URL may not be called. */
export interface Rejection {
  /** The rest of a sentence that begins with "the URL …". */
  message: string
  retry: 'never' | 'later'
  /** Its name has no address: the host counts as down, like one that accepts no connection. */
  isHostDown?: true
}

/** The whole check, made right before a URL is called or fetched. Null: the call is allowed. */
export type Guard = (url: string) => Promise<Rejection | null>

/** Why this URL may not be called; null if it may. */
export function rejectUrl(target: string, policy: NetworkPolicy): string | null {
  if (!URL.canParse(target)) return 'is not a URL'
  const url = new URL(target)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (policy === 'any') return null
  if (url.protocol !== 'https:') return 'must begin with https://'
  return wrongHost(hostOf(url)) ?? wrongPort(url)
}

/** The name to resolve before the URL is called. */
export function nameIn(target: string): string {
  return hostOf(new URL(target))
}

/** Also false for text that is not an IP address. */
export function isPublicAddress(text: string): boolean {
  return ipaddr.isValid(text) && isPublic(ipaddr.parse(text))
}

/** Whether a host is this host or a subdomain of it. */
export function isAtHost(hostname: string, host: string): boolean {
  return hostname === host || hostname.endsWith(`.${host}`)
}

// The URL parser has already turned decimal, octal, hex and short IPv4 forms into dotted ones.
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
}

function wrongHost(host: string): string | null {
  if (ipaddr.isValid(host)) return wrongAddress(host)
  const isPublicName = host.includes('.') && isTopLevel(host.split('.').at(-1) ?? '')
  return isPublicName && !metadataHosts.includes(host) ? null : 'must name a public host'
}

// A Worker cannot call an IP address: Cloudflare answers each such fetch with 403 and error 1003.
function wrongAddress(address: string): string {
  return isPublicAddress(address)
    ? 'must have a host name: Cloudflare refuses requests to an IP address. Give the host a name in the DNS'
    : 'must not point at a private or reserved address'
}

function wrongPort({ port }: URL): string | null {
  // The parser drops port 443.
  return port === '' || isWebPort(Number(port))
    ? null
    : 'must use port 443, or one from 1024 on that is not known for another service'
}

// The root zone, as IANA publishes it. Other names resolve only inside a network: `.local`, `.internal`, a cluster's
// `kubernetes.default`, the special-use names of RFC 6761. A list of private suffixes would never be complete. `.arpa` is
// in the root zone, but has no web hosts, and `home.arpa` is for home networks (RFC 8375).
function isTopLevel(name: string): boolean {
  publicTopLevels ??= new Set(topLevelDomains.filter((name) => name !== 'arpa').map(asciiOf))
  return publicTopLevels.has(name)
}

// Parsed when the first URL is checked, because all of these names take a tenth of the time of a start.
let publicTopLevels: ReadonlySet<string> | undefined

// URLs have international names in punycode; the list has them in Unicode.
function asciiOf(topLevel: string): string {
  return /^[a-z]+$/.test(topLevel) ? topLevel : new URL(`https://${topLevel}`).hostname
}

// The metadata services with public names: Google, Tencent, Equinix. The others end in .internal or are IP addresses.
const metadataHosts = [
  'metadata.goog',
  'metadata.tencentyun.com',
  'metadata.packet.net',
  'metadata.platformequinix.com',
]

// Only plain unicast is public: not private, loopback, link-local with its metadata address, mapped, 6to4, Teredo, …
// Only 2000::/3 of IPv6 is allocated (RFC 4291 §2.4); the IPv4-compatible ::a.b.c.d and NAT64 are outside it.
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const isAllocated = address instanceof ipaddr.IPv4 || address.match(ipaddr.IPv6.parseCIDR('2000::/3'))
  return isAllocated && address.range() === 'unicast' && address.toString() !== azureWireServer
}

// The only metadata address inside a public range.
const azureWireServer = '168.63.129.16'
