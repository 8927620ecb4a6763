import { describe, expect, it, vi } from 'vitest'
import type { Fetch } from '../../src/connections.ts'
import { createGuard, type GuardSettings } from '../../src/url-guard/guard.ts'
import { unreachable } from '../support/platform/unreachable.ts'
import { aResolver, resolverUrl, type Zone } from '../support/resolver.ts'

const seconds = 1_000
const isPrivate = { message: 'names a host with a private or reserved address', retry: 'never' }

let names = 0

/** A guard with its clock, and a host name that no other test uses, since verdicts are cached. */
function aGuard(entry: Zone[string] | undefined, settings: Partial<GuardSettings> = {}) {
  const name = `host-${names++}.example.com`
  const resolver = aResolver(entry === undefined ? {} : { [name]: entry })
  const clock = { nowMs: 1_800_000_000_000 }
  const lines: unknown[] = []
  const guard = createGuard(
    {
      fetch: resolver.fetch,
      now: () => clock.nowMs,
      log: (event, fields) => lines.push([event, fields]),
    },
    { reach: 'public', dnsCheckUrl: resolverUrl, ...settings },
  )
  return {
    name,
    check: () => guard(`https://${name}:8443/hook?token=1`),
    guard,
    queries: resolver.asked,
    clock,
    lines,
  }
}

/** A guard with this resolver. */
function aGuardWith(respond: Fetch) {
  const lines: unknown[] = []
  const guard = createGuard(
    { fetch: respond, now: () => 0, log: (event, fields) => lines.push([event, fields]) },
    { reach: 'public', dnsCheckUrl: resolverUrl },
  )
  return { check: () => guard('https://unlucky.example.com/hook'), lines }
}

describe('a host name is accepted', () => {
  it.each<[string, Zone[string]]>([
    ['an IPv4 address', { A: ['93.184.216.34'] }],
    ['an IPv6 address', { AAAA: ['2606:2800:220:1::1'] }],
    ['several addresses of both families', { A: ['93.184.216.34', '8.8.8.8'], AAAA: ['2606:2800:220:1::1'] }],
    ['an alias', { via: ['cdn.example.com.'], A: ['93.184.216.34'] }],
    ['a DNS failure in one address family', { A: ['93.184.216.34'], status: { AAAA: 2 } }],
  ])('with %s', async (_, entry) => {
    expect(await aGuard(entry).check()).toBeNull()
  })

  it('after a lookup of A and AAAA', async () => {
    const { check, queries, name } = aGuard({ A: ['93.184.216.34'] })
    await check()
    expect(queries.sort()).toEqual([`A ${name}`, `AAAA ${name}`])
  })

  it('after telling the resolver only the host name, without port, path and query', async () => {
    const requests: Request[] = []
    const { check } = aGuardWith(async (request) => {
      requests.push(request)
      return new Response('{"Status":3}')
    })
    await check()
    expect(requests.map(({ url }) => url)).toEqual([
      `${resolverUrl}?name=unlucky.example.com&type=A`,
      `${resolverUrl}?name=unlucky.example.com&type=AAAA`,
    ])
    const [request] = requests
    expect([request?.method, request?.redirect, request?.headers.get('accept')]).toEqual([
      'GET',
      'manual',
      'application/dns-json',
    ])
  })
})

describe('a host name with a private address is refused for good', () => {
  it.each<[string, Zone[string]]>([
    ['loopback', { A: ['127.0.0.1'] }],
    ['private', { A: ['10.1.2.3'] }],
    ['metadata', { A: ['169.254.169.254'] }],
    ['metadata in IPv6', { AAAA: ['fd00:ec2::254'] }],
    ['metadata of Azure', { A: ['168.63.129.16'] }],
    ['carrier-grade NAT', { A: ['100.100.100.200'] }],
    ['IPv6 loopback', { AAAA: ['::1'] }],
    ['IPv4 mapped', { AAAA: ['::ffff:10.0.0.1'] }],
    ['NAT64', { AAAA: ['64:ff9b::a00:1'] }],
    ['unspecified', { A: ['0.0.0.0'] }],
    ['private beside public', { A: ['93.184.216.34', '10.0.0.1'] }],
    ['private in IPv6, public in IPv4', { A: ['93.184.216.34'], AAAA: ['fd00::1'] }],
    ['private behind an alias', { via: ['inside.example.com.'], A: ['192.168.0.1'] }],
    ['no valid address', { A: ['not an address'] }],
  ])('%s', async (_, entry) => {
    expect(await aGuard(entry).check()).toEqual(isPrivate)
  })
})

describe('a host name that does not resolve is refused for now', () => {
  it.each<[string, Zone[string] | undefined, string]>([
    ['it does not exist', undefined, 'NXDOMAIN, NXDOMAIN'],
    ['it has no address', {}, 'no address, no address'],
    ['its DNS servers fail', { status: 2 }, 'SERVFAIL, SERVFAIL'],
    ['its DNS servers refuse', { status: 5 }, 'REFUSED, REFUSED'],
    ['its alias has no address', { via: ['gone.example.com.'] }, 'no address, no address'],
    ['the status is unknown', { status: 23 }, 'status 23, status 23'],
  ])('because %s', async (_, entry, reason) => {
    const message = `names a host that does not resolve (${reason})`
    expect(await aGuard(entry).check()).toEqual({ message, retry: 'later', isHostDown: true })
  })
})

describe('every URL is refused and the error is logged if the resolver', () => {
  it.each<[string, () => Promise<Response>, string]>([
    ['cannot be reached', () => Promise.reject(new TypeError('connection refused')), 'connection refused'],
    ['returns 500', async () => new Response('no', { status: 500 }), 'the resolver returned 500'],
    ['cannot be reached by Cloudflare', async () => unreachable(521), 'the resolver returned 521'],
    ['returns 429', async () => new Response('slow down', { status: 429 }), 'the resolver returned 429'],
    [
      'redirects',
      async () => new Response(null, { status: 302, headers: { location: '/' } }),
      'the resolver returned 302',
    ],
    ['returns HTML', async () => new Response('<html>'), 'SyntaxError'],
    ['returns other JSON', async () => new Response('{"ok":true}'), 'not in the form'],
    [
      'returns addresses in another form',
      async () => new Response('{"Status":0,"Answer":["8.8.8.8"]}'),
      'not in the form',
    ],
  ])('%s', async (_, respond, error) => {
    const { check, lines } = aGuardWith(respond)
    expect(await check()).toEqual({ message: expect.stringContaining(error), retry: 'later' })
    expect(lines).toEqual([
      ['resolver.failed', { host: 'unlucky.example.com', error: expect.stringContaining(error) }],
    ])
  })

  it('fails in one of its two responses', async () => {
    const { check } = aGuardWith(async ({ url }) =>
      url.endsWith('AAAA')
        ? new Response('no', { status: 500 })
        : new Response('{"Status":0,"Answer":[{"type":1,"TTL":60,"data":"8.8.8.8"}]}'),
    )
    expect(await check()).toMatchObject({ retry: 'later' })
  })

  it('does not respond within five seconds', async () => {
    const timeUp = AbortSignal.abort(new DOMException('The operation timed out', 'TimeoutError'))
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeUp)
    const { check } = aGuardWith(async ({ signal }, startTimers) => {
      startTimers()
      throw signal.reason
    })
    expect(await check()).toMatchObject({ message: expect.stringContaining('TimeoutError'), retry: 'later' })
    expect(timeout).toHaveBeenCalledWith(5 * seconds)
    timeout.mockRestore()
  })
})

describe('a verdict is cached', () => {
  it.each([
    ['the TTL of the DNS record', 20, 20],
    ['at most a minute', 86_400, 60],
  ])('for %s', async (_, TTL, cachedSeconds) => {
    const { check, queries, clock } = aGuard({ A: ['93.184.216.34'], TTL })
    await check()
    clock.nowMs += cachedSeconds * seconds - 1
    expect(await check()).toBeNull()
    expect(queries).toHaveLength(2)
    clock.nowMs += 1
    await check()
    expect(queries).toHaveLength(4)
  })

  it('for the TTL if it is a refusal, too', async () => {
    const { check, queries } = aGuard({ A: ['10.0.0.1'], TTL: 20 })
    expect([await check(), await check()]).toEqual([isPrivate, isPrivate])
    expect(queries).toHaveLength(2)
  })

  it('not at all if the TTL is 0 or the name does not resolve', async () => {
    for (const entry of [{ A: ['93.184.216.34'], TTL: 0 }, undefined]) {
      const { check, queries } = aGuard(entry)
      await check()
      await check()
      expect(queries).toHaveLength(4)
    }
  })
})

it('refuses the host name of a private network even if lookups are disabled', async () => {
  const { guard } = aGuard({}, { dnsCheckUrl: null })
  const rejection = await guard('https://kubernetes.default/hook')
  expect(rejection).toEqual({ message: expect.stringContaining('must name a public host'), retry: 'never' })
})

describe('no host name is looked up', () => {
  it.each([
    ['https://10.0.0.1/hook', 'must not point at a private or reserved address'],
    ['https://8.8.8.8/hook', 'must have a host name'],
    ['https://[2606:4700:4700::1111]/hook', 'must have a host name'],
    ['https://localhost/hook', 'must name a public host'],
    ['https://kubernetes.default/hook', 'must name a public host'],
    ['https://example.com:22/hook', 'must use port 443'],
    ['nonsense', 'is not a URL'],
  ])('for %s, which is refused without a lookup', async (url, reason) => {
    const { guard, queries } = aGuard({})
    expect(await guard(url)).toEqual({ message: expect.stringContaining(reason), retry: 'never' })
    expect(queries).toEqual([])
  })

  it.each<[string, Partial<GuardSettings>]>([
    ['lookups are disabled', { dnsCheckUrl: null }],
    ['the private network is allowed', { reach: 'any' }],
  ])('if %s', async (_, settings) => {
    const { check, queries } = aGuard({ A: ['10.0.0.1'] }, settings)
    expect(await check()).toBeNull()
    expect(queries).toEqual([])
  })
})
