import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forbidden } from '../../src/core/target.ts'

const isPrivate = 'must not point at a private or reserved address'
const isNoPublicName = 'must name a public host'

describe('happy', () => {
  it.each([
    'https://example.com',
    'https://hooks.example.com:8443/reelhook?token=1#top',
    'https://example.com./hook',
    'https://xn--bcher-kva.example/',
    'https://bücher.example/',
    'https://1e100.net/',
    'https://localhost.example.com/',
    'https://internal.example.com/',
    'https://notlocal.example/',
    'https://8.8.8.8/hook',
    'https://[2606:4700:4700::1111]/hook',
    'HTTPS://EXAMPLE.COM/',
  ])('may call %s', (url) => {
    expect(forbidden(url, 'public')).toBeNull()
  })

  it.each(['http://127.0.0.1:8787/hook', 'http://localhost:3000', 'https://10.0.0.8', 'http://n8n:5678/'])(
    'may call %s where the private network is allowed',
    (url) => {
      expect(forbidden(url, 'any')).toBeNull()
    },
  )
})

describe('refused', () => {
  it.each([
    ['', 'is not a URL'],
    ['example.com/hook', 'is not a URL'],
    ['https://', 'is not a URL'],
    ['https://[fe80::1%25eth0]/', 'is not a URL'],
    ['http://example.com', 'must begin with https://'],
    ['ftp://example.com', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['data:text/plain,hello', 'must begin with https://'],
    ['javascript:alert(1)', 'must begin with https://'],
    ['https://user@example.com', 'must not hold a user name or password'],
    ['https://user:password@example.com', 'must not hold a user name or password'],
    ['https://:password@example.com', 'must not hold a user name or password'],
    ['https://example.com@10.0.0.1', 'must not hold a user name or password'],
  ])('says of %s that it %s', (url, why) => {
    expect(forbidden(url, 'public')).toBe(why)
  })

  it.each([
    ['ftp://localhost', 'must begin with https://'],
    ['http://user:password@localhost', 'must not hold a user name or password'],
  ])('refuses %s even where the private network is allowed', (url, why) => {
    expect(forbidden(url, 'any')).toBe(why)
  })
})

describe('hostile', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback at its other end', '127.255.255.254'],
    ['decimal', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['hexadecimal', '0x7f000001'],
    ['hexadecimal parts', '0x7f.0x0.0x0.0x1'],
    ['short, two parts', '127.1'],
    ['short, three parts', '127.0.1'],
    ['percent-encoded', '%31%32%37.0.0.1'],
    ['full-width digits', '１２７.0.0.1'],
    ['ideographic full stops', '127。0。0。1'],
    ['a trailing dot', '127.0.0.1.'],
    ['two trailing dots', '10.0.0.1..'],
    ['this network', '0.0.0.0'],
    ['zero', '0'],
    ['private 10/8', '10.1.2.3'],
    ['private 172.16/12', '172.31.255.255'],
    ['private 192.168/16', '192.168.0.1'],
    ['link-local', '169.254.0.1'],
    ['metadata', '169.254.169.254'],
    ['metadata, decimal', '2852039166'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['protocol assignments', '192.0.0.1'],
    ['benchmarking', '198.18.0.1'],
    ['documentation', '203.0.113.7'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['IPv6 unspecified', '[::]'],
    ['IPv6 loopback', '[::1]'],
    ['IPv6 loopback, written out', '[0:0:0:0:0:0:0:1]'],
    ['IPv6 unique local', '[fd12:3456:789a::1]'],
    ['IPv6 metadata', '[fd00:ec2::254]'],
    ['IPv6 link-local', '[fe80::1]'],
    ['IPv6 site-local', '[fec0::1]'],
    ['IPv6 multicast', '[ff02::1]'],
    ['IPv6 documentation', '[2001:db8::1]'],
    ['IPv4 mapped', '[::ffff:127.0.0.1]'],
    ['IPv4 mapped, in hex', '[::ffff:a9fe:a9fe]'],
    ['IPv4 compatible', '[::127.0.0.1]'],
    ['IPv4 compatible metadata', '[::a9fe:a9fe]'],
    ['IPv4 translated', '[::ffff:0:127.0.0.1]'],
    ['NAT64', '[64:ff9b::7f00:1]'],
    ['NAT64, local use', '[64:ff9b:1::1]'],
    ['6to4', '[2002:7f00:1::]'],
    ['Teredo', '[2001::7f00:1]'],
  ])('sees a private address in %s: %s', (_, host) => {
    expect(forbidden(`https://${host}/hook`, 'public')).toBe(isPrivate)
    expect(forbidden(`https://${host}:8443/hook?x=1`, 'public')).toBe(isPrivate)
  })

  it.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost..',
    '%6c%6f%63alhost',
    'ｌｏｃａｌｈｏｓｔ',
    'app.localhost',
    'printer.local',
    'printer.local.',
    'metadata.google.internal',
    'metadata.google.internal.',
    'router.home.arpa',
    'intranet',
    'n8n',
    'local',
    '.',
  ])('sees that %s names no public host', (host) => {
    expect(forbidden(`https://${host}/hook`, 'public')).toBe(isNoPublicName)
  })

  it.each(['https:127.0.0.1', 'https:\\\\127.0.0.1\\hook', 'https:////127.0.0.1', ' https://127.0.0.1 '])(
    'reads %j as the runtime would when it calls it',
    (url) => {
      expect(forbidden(url, 'public')).toBe(isPrivate)
    },
  )

  it('lets no address of a private block pass, in whatever form it is written', () => {
    const byte = fc.nat(255)
    const privates = fc.oneof(
      fc.tuple(fc.constantFrom(10, 127, 0), byte, byte, byte),
      fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
      fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
    )
    fc.assert(
      fc.property(privates, ([a, b, c, d]) => {
        const number = ((a * 256 + b) * 256 + c) * 256 + d
        const forms = [
          `${a}.${b}.${c}.${d}`,
          `${a}.${b}.${c * 256 + d}`,
          `${number}`,
          `0x${number.toString(16)}`,
          `0${number.toString(8)}`,
          `[::ffff:${a}.${b}.${c}.${d}]`,
        ]
        expect(forms.map((host) => forbidden(`https://${host}/`, 'public'))).toEqual(
          forms.map(() => isPrivate),
        )
      }),
    )
  })

  it('judges any text without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((host) => `https://${host}`),
        ),
        (text) => {
          const why = forbidden(text, 'public')
          expect(why === null || why.length > 0).toBe(true)
        },
      ),
    )
  })
})
