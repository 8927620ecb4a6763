import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nameIn, rejectUrl } from '../../../src/core/url/policy.ts'

const isPrivate = 'must not point at a private or reserved address'
const notPublicName = 'must name a public host'

describe('a hostile URL', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback at its other end', '127.255.255.254'],
    ['decimal', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['hexadecimal', '0x7f000001'],
    ['hexadecimal parts', '0x7f.0x0.0x0.0x1'],
    ['short, two parts', '127.1'],
    ['short and hexadecimal', '0x7f.1'],
    ['octal in one number', '017700000001'],
    ['short, three parts', '127.0.1'],
    ['percent-encoded', '%31%32%37.0.0.1'],
    ['full-width digits', '１２７.0.0.1'],
    ['ideographic full stops', '127。0。0。1'],
    ['half-width full stops', '127｡0｡0｡1'],
    ['full-width full stops', '127．0．0．1'],
    ['circled digits', '①②⑦.⓪.⓪.①'],
    ['digits in bold', '𝟏𝟐𝟕.𝟎.𝟎.𝟏'],
    ['percent-encoded dots', '127%2e0%2e0%2e1'],
    ['a soft hyphen', '127\u00ad.0.0.1'],
    ['a space of no width', '127.0.\u200b0.1'],
    ['a line break, which the parser leaves out', '127.0\n.0.1'],
    ['leading zeros', '0000177.0000.0000.0001'],
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
    ['metadata, hexadecimal', '0xa9fea9fe'],
    ['metadata, octal', '0251.0376.0251.0376'],
    ['metadata, in mixed forms', '0xa9.254.0251.254'],
    ['metadata of ECS tasks', '169.254.170.2'],
    ['metadata of Alibaba', '100.100.100.200'],
    ['metadata of Oracle', '192.0.0.192'],
    ['metadata of Azure, among public addresses', '168.63.129.16'],
    ['metadata of Azure, decimal', '2822734096'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT at its other end', '100.127.255.254'],
    ['documentation, the first', '192.0.2.1'],
    ['documentation, the second', '198.51.100.1'],
    ['6to4 relays', '192.88.99.1'],
    ['AS112', '192.31.196.1'],
    ['AS112, direct', '192.175.48.1'],
    ['AMT', '192.52.193.1'],
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
    ['IPv6 metadata of AWS', '[fd00:ec2::254]'],
    ['IPv6 metadata of AWS, written out', '[fd00:0ec2:0000:0000:0000:0000:0000:0254]'],
    ['IPv6 metadata of Google', '[fd20:ce::254]'],
    ['IPv6 metadata, mapped', '[::ffff:169.254.169.254]'],
    ['IPv6 link-local', '[fe80::1]'],
    ['IPv6 site-local', '[fec0::1]'],
    ['IPv6 multicast', '[ff02::1]'],
    ['IPv6 documentation', '[2001:db8::1]'],
    ['IPv6 documentation, the newer', '[3fff::1]'],
    ['IPv6 discard only', '[100::1]'],
    ['IPv6 benchmarking', '[2001:2::1]'],
    ['IPv6 ORCHID', '[2001:20::1]'],
    ['IPv6 segment routing', '[5f00::1]'],
    ['IPv6 AS112', '[2620:4f:8000::1]'],
    ['IPv6 not given out', '[4000::1]'],
    ['IPv4 mapped', '[::ffff:127.0.0.1]'],
    ['IPv4 mapped, in hex', '[::ffff:a9fe:a9fe]'],
    ['IPv4 mapped public', '[::ffff:8.8.8.8]'],
    ['IPv4 mapped, written out', '[0:0:0:0:0:ffff:7f00:1]'],
    ['IPv4 compatible', '[::127.0.0.1]'],
    ['IPv4 compatible metadata', '[::a9fe:a9fe]'],
    ['IPv4 translated', '[::ffff:0:127.0.0.1]'],
    ['NAT64', '[64:ff9b::7f00:1]'],
    ['NAT64 of the metadata address', '[64:ff9b::a9fe:a9fe]'],
    ['NAT64 in dotted form', '[64:ff9b::127.0.0.1]'],
    ['NAT64, local use', '[64:ff9b:1::1]'],
    ['6to4', '[2002:7f00:1::]'],
    ['6to4 of the metadata address', '[2002:a9fe:a9fe::1]'],
    ['6to4 of a public address', '[2002:808:808::1]'],
    ['Teredo', '[2001::7f00:1]'],
    ['Teredo, with its server', '[2001:0:4136:e378:8000:63bf:3fff:fdd2]'],
  ])('is refused for a private address in the form %s: %s', (_, host) => {
    expect(rejectUrl(`https://${host}/hook`, 'public')).toBe(isPrivate)
    expect(rejectUrl(`https://${host}:8443/hook?x=1`, 'public')).toBe(isPrivate)
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
    'METADATA.GOOGLE.INTERNAL',
    'metadata.google。internal',
    'metadata.goog',
    'metadata.goog.',
    'metadata.tencentyun.com',
    'metadata.packet.net',
    'instance-data.ec2.internal',
    'metadata.azure.internal',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    'localhost.localdomain',
    'local\u00adhost',
    'local\u200bhost',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    'app。localhost',
    'xn--localhost-',
    'xn--',
    'nas.lan',
    'wiki.corp',
    'router.home',
    'db.private',
    'wiki.intranet',
    'router.home.arpa',
    'intranet',
    'n8n',
    'local',
    '.',
    'kubernetes.default',
    'kubernetes.default.',
    'KUBERNETES.DEFAULT',
    'kubernetes。default',
    'n8n.production',
    'svc.cluster.local',
    'db.cluster',
    'vault.service.consul',
    'api.docker',
    'host.docker.internal',
    'gateway.localdomain',
    'nas.fritz.box.lan',
    'wiki.workgroup',
    'server.domain',
    'shop.onion',
    'name.alt',
    'nothing.invalid',
    'boat.example',
    'bücher.example',
    '1.0.0.10.in-addr.arpa',
    'arpa',
    'com',
    'com.',
    'xn--p1ai',
    'рф',
    'boat.xn--',
    'boat.xn--com',
    'boat.com.internal',
  ])('is refused for %s, which is not a public host', (host) => {
    expect(rejectUrl(`https://${host}/hook`, 'public')).toBe(notPublicName)
  })

  it.each(['https:127.0.0.1', 'https:\\\\127.0.0.1\\hook', 'https:////127.0.0.1', ' https://127.0.0.1 '])(
    'is checked as fetch would parse it: %j',
    (url) => {
      expect(rejectUrl(url, 'public')).toBe(isPrivate)
    },
  )

  it.each([
    ['an address with a part too many', '127.0.0.0.1'],
    ['an address with a part too large', '256.0.0.1'],
    ['an invalid octal part', '127.0.0.09'],
    ['a number too large', '4294967296'],
    ['a zone', '[fe80::1%eth0]'],
    ['a zone, percent-encoded', '[fe80::1%25eth0]'],
    ['an address that is broken off', '[::1'],
    ['a NUL', '127.0.0.1%00.example.com'],
    ['a slash in disguise', '127.0.0.1%2f.example.com'],
    ['a question mark in disguise', '127.0.0.1%3f.example.com'],
    ['an at sign in disguise', 'example.com%40127.0.0.1'],
  ])('is refused with %s', (_, host) => {
    expect(rejectUrl(`https://${host}/hook`, 'public')).toBe('is not a URL')
  })

  it.each([
    ['lоcalhost.example.com', 'Cyrillic о'],
    ['еxample.com', 'Cyrillic е'],
    ['127.0.0.1.nip.io', 'an address in a name'],
    ['localtest.me', 'a name that leads to this machine'],
  ])('with %s (%s) is left to the DNS check', (host) => {
    expect(rejectUrl(`https://${host}/`, 'public')).toBeNull()
    expect(nameIn(`https://${host}/`)).toBe(new URL(`https://${host}/`).hostname)
  })

  it.each(['mеtadata.google.internal', 'lоcalhost', 'арi.localhost'])(
    'is refused with lookalike letters in its host: %s',
    (host) => {
      expect(rejectUrl(`https://${host}/`, 'public')).toBe(notPublicName)
    },
  )

  it('is refused for every address of a private block, in every notation', () => {
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
        expect(forms.map((host) => rejectUrl(`https://${host}/`, 'public'))).toEqual(
          forms.map(() => isPrivate),
        )
      }),
    )
  })

  it('is checked without an exception, whatever its text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((host) => `https://${host}`),
        ),
        (text) => {
          const why = rejectUrl(text, 'public')
          expect(why === null || why.length > 0).toBe(true)
        },
      ),
    )
  })
})
