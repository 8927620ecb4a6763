import { describe, expect, it } from 'vitest'
import { isPublicAddress, nameIn, rejectUrl } from '../../../src/core/url/policy.ts'

const notWebPort = 'must use port 443, or one from 1024 on that is not known for another service'

describe('happy', () => {
  it.each([
    'https://example.com',
    'https://hooks.example.com:8443/reelhook?token=1#top',
    'https://example.com./hook',
    'https://xn--bcher-kva.ch/',
    'https://bücher.ch/',
    'https://1e100.net/',
    'https://localhost.example.com/',
    'https://internal.example.com/',
    'https://notlocal.dev/',
    'HTTPS://EXAMPLE.COM/',
    'https://127.0.0.1.example.com/',
    'https://metadata.example.com/',
    'https://corp.example.com/',
    'https://example.рф/',
    'https://example.xn--p1ai./',
    'https://example.中国/',
    'https://example.vermögensberatung/',
    'https://example.co.uk/',
    'https://default.dev/',
    // A public suffix can have an address: GitHub serves one.
    'https://github.io/',
    'https://co.uk/',
    'https://reelhook.example.workers.dev/',
  ])('allows %s', (url) => {
    expect(rejectUrl(url, 'public')).toBeNull()
  })

  it.each([
    'http://127.0.0.1:8787/hook',
    'http://localhost:3000',
    'https://10.0.0.8',
    'http://n8n:5678/',
    'https://kubernetes.default/',
    'http://host.docker.internal:5678/',
  ])('allows %s if private networks are allowed', (url) => {
    expect(rejectUrl(url, 'any')).toBeNull()
  })
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
  ])('refuses %s because it %s', (url, why) => {
    expect(rejectUrl(url, 'public')).toBe(why)
  })

  it.each([
    ['ftp://localhost', 'must begin with https://'],
    ['http://user:password@localhost', 'must not hold a user name or password'],
  ])('refuses %s even if private networks are allowed', (url, why) => {
    expect(rejectUrl(url, 'any')).toBe(why)
  })
})

describe('an IP address', () => {
  it.each([
    '8.8.8.8',
    '8.8.8.8.',
    '8.8.2056',
    '134744072',
    '0x08080808',
    '010.010.010.010',
    '%38.8.8.8',
    '８。８。８。８',
    '[2606:4700:4700::1111]',
    '[2001:4860:4860:0:0:0:0:8888]',
  ])('is refused though it is public, with advice: %s', (host) => {
    const advice = /^must have a host name: Cloudflare refuses .* Give the host a name in the DNS$/
    expect(rejectUrl(`https://${host}/hook`, 'public')).toMatch(advice)
    expect(rejectUrl(`https://${host}:8443/hook?x=1`, 'public')).toMatch(advice)
    expect(rejectUrl(`https://${host}/hook`, 'any')).toBeNull()
  })

  it('in a name is no IP address', () => {
    expect(rejectUrl('https://8.8.8.8.example.com/hook', 'public')).toBeNull()
  })
})

describe('a port', () => {
  it.each([443, 1024, 3000, 4443, 5678, 8000, 8080, 8443, 8787, 9443, 10_443, 65_535])(
    '%i is allowed',
    (port) => {
      expect(rejectUrl(`https://example.com:${port}/hook`, 'public')).toBeNull()
    },
  )

  it.each([
    0, 1, 21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 445, 465, 514, 587, 636, 873, 993, 1023, 1433,
    1521, 2049, 2375, 2376, 2379, 3306, 3389, 5432, 5672, 5900, 5985, 6000, 6379, 6443, 6667, 9042, 9092,
    9200, 10_250, 11_211, 27_017,
  ])('%i is refused', (port) => {
    expect(rejectUrl(`https://example.com:${port}/hook`, 'public')).toBe(notWebPort)
  })

  it('is not checked if private networks are allowed', () => {
    expect(rejectUrl('http://127.0.0.1:80/hook', 'any')).toBeNull()
    expect(rejectUrl('http://cache:6379/', 'any')).toBeNull()
  })
})

describe('the name to resolve', () => {
  it.each([
    ['https://example.com/hook', 'example.com'],
    ['https://Example.COM.:8443/hook', 'example.com'],
    ['https://bücher.ch/', 'xn--bcher-kva.ch'],
  ])('of %s is %s', (url, name) => {
    expect(nameIn(url)).toBe(name)
  })
})

describe('a resolved address', () => {
  it.each(['8.8.8.8', '2606:4700:4700::1111'])('is public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    '10.0.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '0.0.0.0',
    '::1',
    '::',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '',
    'example.com',
    '8.8.8.8.8',
    '8.8.8.8 ',
  ])('is not public: %j', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})
