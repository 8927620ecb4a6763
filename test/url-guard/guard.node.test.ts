import { describe, expect, it, vi } from 'vitest'
import { createGuard, type GuardSettings } from '../../src/url-guard/guard.ts'
import { aResolver, resolverUrl, type Zone } from '../support/resolver.ts'

const seconds = 1_000
const isInside = { message: 'names a host with a private or reserved address', retry: 'never' }

let names = 0

/** A guard with a clock of its own, and a name that no other test has asked for: answers are kept. */
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
    ask: () => guard(`https://${name}:8443/hook?token=1`),
    guard,
    asked: resolver.asked,
    clock,
    lines,
  }
}

/** A guard whose resolver answers so. */
function aGuardWith(answer: (request: Request) => Promise<Response>) {
  const lines: unknown[] = []
  const guard = createGuard(
    { fetch: answer, now: () => 0, log: (event, fields) => lines.push([event, fields]) },
    { reach: 'public', dnsCheckUrl: resolverUrl },
  )
  return { ask: () => guard('https://unlucky.example.com/hook'), lines }
}

describe('a name is let through', () => {
  it.each<[string, Zone[string]]>([
    ['an IPv4 address', { A: ['93.184.216.34'] }],
    ['an IPv6 address', { AAAA: ['2606:2800:220:1::1'] }],
    ['several of both', { A: ['93.184.216.34', '8.8.8.8'], AAAA: ['2606:2800:220:1::1'] }],
    ['an alias on the way', { via: ['cdn.example.com.'], A: ['93.184.216.34'] }],
    ['one family that its servers fail in', { A: ['93.184.216.34'], status: { AAAA: 2 } }],
  ])('with %s', async (_, entry) => {
    expect(await aGuard(entry).ask()).toBeNull()
  })

  it('when both families were asked for, by the name alone', async () => {
    const { ask, asked, name } = aGuard({ A: ['93.184.216.34'] })
    await ask()
    expect(asked.sort()).toEqual([`A ${name}`, `AAAA ${name}`])
  })

  it('with nothing told to the resolver but the name', async () => {
    const requests: Request[] = []
    const { ask } = aGuardWith(async (request) => {
      requests.push(request)
      return new Response('{"Status":3}')
    })
    await ask()
    expect(requests.map(({ url }) => url)).toEqual([
      `${resolverUrl}?name=unlucky.example.com&type=A`,
      `${resolverUrl}?name=unlucky.example.com&type=AAAA`,
    ])
    const [one] = requests
    expect([one?.method, one?.redirect, one?.headers.get('accept')]).toEqual([
      'GET',
      'manual',
      'application/dns-json',
    ])
  })
})

describe('a name that leads inside is refused for good', () => {
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
    ['nowhere', { A: ['0.0.0.0'] }],
    ['private beside public', { A: ['93.184.216.34', '10.0.0.1'] }],
    ['private in IPv6, public in IPv4', { A: ['93.184.216.34'], AAAA: ['fd00::1'] }],
    ['private behind an alias', { via: ['inside.example.com.'], A: ['192.168.0.1'] }],
    ['no address at all', { A: ['not an address'] }],
  ])('%s', async (_, entry) => {
    expect(await aGuard(entry).ask()).toEqual(isInside)
  })
})

describe('a name that does not resolve is refused for now', () => {
  it.each<[string, Zone[string] | undefined, string]>([
    ['there is none', undefined, 'NXDOMAIN, NXDOMAIN'],
    ['it has no address', {}, 'no address, no address'],
    ['its servers fail', { status: 2 }, 'SERVFAIL, SERVFAIL'],
    ['its servers refuse', { status: 5 }, 'REFUSED, REFUSED'],
    ['an alias leads nowhere', { via: ['gone.example.com.'] }, 'no address, no address'],
    ['nobody knows why', { status: 23 }, 'status 23, status 23'],
  ])('%s', async (_, entry, said) => {
    const message = `names a host that does not resolve (${said})`
    expect(await aGuard(entry).ask()).toEqual({ message, retry: 'later', isHostDown: true })
  })
})

describe('a resolver that fails lets nothing through, and is on record', () => {
  it.each<[string, () => Promise<Response>, string]>([
    ['cannot be reached', () => Promise.reject(new TypeError('connection refused')), 'connection refused'],
    ['answers 500', async () => new Response('no', { status: 500 }), 'it answered 500'],
    ['answers 429', async () => new Response('slow down', { status: 429 }), 'it answered 429'],
    [
      'redirects',
      async () => new Response(null, { status: 302, headers: { location: '/' } }),
      'it answered 302',
    ],
    ['answers a page', async () => new Response('<html>'), 'SyntaxError'],
    ['answers other JSON', async () => new Response('{"ok":true}'), 'not in the form'],
    [
      'answers addresses of another form',
      async () => new Response('{"Status":0,"Answer":["8.8.8.8"]}'),
      'not in the form',
    ],
  ])('%s', async (_, answer, said) => {
    const { ask, lines } = aGuardWith(answer)
    expect(await ask()).toEqual({ message: expect.stringContaining(said), retry: 'later' })
    expect(lines).toEqual([
      ['resolver.failed', { host: 'unlucky.example.com', error: expect.stringContaining(said) }],
    ])
  })

  it('in one of its two answers', async () => {
    const { ask } = aGuardWith(async ({ url }) =>
      url.endsWith('AAAA')
        ? new Response('no', { status: 500 })
        : new Response('{"Status":0,"Answer":[{"type":1,"TTL":60,"data":"8.8.8.8"}]}'),
    )
    expect(await ask()).toMatchObject({ retry: 'later' })
  })

  it('does not answer within five seconds', async () => {
    const timeUp = AbortSignal.abort(new DOMException('The operation timed out', 'TimeoutError'))
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeUp)
    const { ask } = aGuardWith(async ({ signal }) => {
      throw signal.reason
    })
    expect(await ask()).toMatchObject({ message: expect.stringContaining('TimeoutError'), retry: 'later' })
    expect(timeout).toHaveBeenCalledWith(5 * seconds)
    timeout.mockRestore()
  })
})

describe('an answer is kept', () => {
  it.each([
    ['its TTL', 20, 20],
    ['a minute at the most', 86_400, 60],
  ])('for %s', async (_, TTL, keptSeconds) => {
    const { ask, asked, clock } = aGuard({ A: ['93.184.216.34'], TTL })
    await ask()
    clock.nowMs += keptSeconds * seconds - 1
    expect(await ask()).toBeNull()
    expect(asked).toHaveLength(2)
    clock.nowMs += 1
    await ask()
    expect(asked).toHaveLength(4)
  })

  it('when it is bad, as long as when it is good', async () => {
    const { ask, asked } = aGuard({ A: ['10.0.0.1'], TTL: 20 })
    expect([await ask(), await ask()]).toEqual([isInside, isInside])
    expect(asked).toHaveLength(2)
  })

  it('not at all when it says so, nor when there is none', async () => {
    for (const entry of [{ A: ['93.184.216.34'], TTL: 0 }, undefined]) {
      const { ask, asked } = aGuard(entry)
      await ask()
      await ask()
      expect(asked).toHaveLength(4)
    }
  })
})

it('refuses a name of an inner network where names are not looked up, too', async () => {
  const { guard } = aGuard({}, { dnsCheckUrl: null })
  const objection = await guard('https://kubernetes.default/hook')
  expect(objection).toEqual({ message: expect.stringContaining('must name a public host'), retry: 'never' })
})

describe('nothing is looked up', () => {
  it.each(['https://8.8.8.8/hook', 'https://[2606:4700:4700::1111]/hook'])(
    'for an address: %s',
    async (url) => {
      const { guard, asked } = aGuard({})
      expect(await guard(url)).toBeNull()
      expect(asked).toEqual([])
    },
  )

  it.each([
    ['https://10.0.0.1/hook', 'must not point at a private or reserved address'],
    ['https://localhost/hook', 'must name a public host'],
    ['https://kubernetes.default/hook', 'must name a public host'],
    ['https://example.com:22/hook', 'must use port 443'],
    ['nonsense', 'is not a URL'],
  ])('for what is refused by what it says: %s', async (url, why) => {
    const { guard, asked } = aGuard({})
    expect(await guard(url)).toEqual({ message: expect.stringContaining(why), retry: 'never' })
    expect(asked).toEqual([])
  })

  it.each<[string, Partial<GuardSettings>]>([
    ['it is turned off', { dnsCheckUrl: null }],
    ['the private network is allowed', { reach: 'any' }],
  ])('where %s', async (_, settings) => {
    const { ask, asked } = aGuard({ A: ['10.0.0.1'] }, settings)
    expect(await ask()).toBeNull()
    expect(asked).toEqual([])
  })
})
