import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../../src/core/request/fingerprint.ts'
import { requestSchema } from '../../../src/core/request/request.ts'
import { parseStoredRequest, storedRequestSchema } from '../../../src/core/request/stored.ts'
import { aBody, faultsOf, faultyPaths } from './a-request.ts'

const callback_url = 'https://caller.test/hook'
const withHeaders = (callback_headers: unknown) => aBody({ callback_url, callback_headers })
const parsed = (headers: unknown) => requestSchema.parse(withHeaders(headers)).callback_headers

describe('the headers of a callback', () => {
  it.each([
    ['authorization', 'Bearer a.b-c_d~e+f/g=='],
    ['x-api-key', '0'],
    ['X_API_KEY', 'with inner  spaces'],
    ['cookie', 'session=1; path=/'],
    ["!#$%&'*+-.^_`|~", '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'],
    ['x'.repeat(64), 'v'.repeat(1_024)],
    ['constructor', 'an inherited name'],
  ])('can have the name %s', (name, value) => {
    expect(parsed({ [name]: value })).toEqual({ [name.toLowerCase()]: value })
  })

  it('can be five, and none', () => {
    const five = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, '1']))
    expect(parsed(five)).toEqual(five)
    expect(parsed({})).toEqual({})
  })

  it.each([
    'webhook-id',
    'Webhook-Signature',
    'webhook-',
    'content-type',
    'Content-Length',
    'content-encoding',
    'proxy-authorization',
    'cf-connecting-ip',
    'CF-Ray',
    'x-forwarded-for',
    'accept-encoding',
    'cdn-loop',
    'Connection',
    'date',
    'Expect',
    'forwarded',
    'HOST',
    'keep-alive',
    'TE',
    'trailer',
    'Transfer-Encoding',
    'upgrade',
    'User-Agent',
    'via',
    'X-Real-IP',
  ])('cannot have the name %s, which others set', (name) => {
    expect(faultsOf(withHeaders({ [name]: 'x' }))).toEqual([
      `callback_headers: has a name that only Reelhook, the network or HTTP itself may set: "${name}"`,
    ])
  })

  it.each(['', ' ', 'a b', 'a:b', 'a\n', 'größe', 'a(b)', '"a"', 'a/b', '[a]', 'x'.repeat(65)])(
    'cannot have the name %j',
    (name) => {
      expect(faultsOf(withHeaders({ [name]: 'x' }))).toEqual([
        expect.stringMatching(/^callback_headers: has a name that is not a token/),
      ])
    },
  )

  it.each([
    '',
    ' ',
    ' a',
    'a ',
    'a\tb',
    'a\r\nx-b: c',
    'a\0',
    'ü',
    '\u007f',
    'v'.repeat(1_025),
    7,
    null,
    {},
    ['a'],
  ])('cannot have the value %j', (value) => {
    expect(faultyPaths(withHeaders({ 'x-key': value }))).toEqual(['callback_headers.x-key'])
  })

  it.each([null, 7, 'authorization: x', [], ['a']])('cannot be %j', (headers) => {
    expect(faultyPaths(withHeaders(headers))).toContain('callback_headers')
  })

  it('have every fault reported at once, without a value', () => {
    const faults = faultsOf(
      withHeaders({
        'a b': 'secret\n',
        'X-A': 'secret',
        'x-a': 'secret',
        Host: ' secret',
        c: 1,
        d: 'secret',
      }),
    )
    expect(faults).toEqual([
      expect.stringMatching(/^callback_headers.Host: must be 1 to 1,024/),
      expect.stringMatching(/^callback_headers.a b: must be 1 to 1,024/),
      expect.stringMatching(/^callback_headers.c: /),
      'callback_headers: must have at most 5 headers; has a name twice, as case has no meaning: "x-a"; has a name that is not a token (RFC 9110) of 1 to 64 characters: "a b"; has a name that only Reelhook, the network or HTTP itself may set: "Host"',
    ])
    expect(faults.join()).not.toContain('secret')
  })

  it('need a callback_url, unless there are none', () => {
    expect(faultsOf(aBody({ callback_headers: { 'x-key': '1' } }))).toEqual([
      'callback_headers: needs a callback_url to be sent to',
    ])
    expect(faultsOf(aBody({ callback_headers: {} }))).toEqual([])
  })

  it('are in the fingerprint, whatever the case and order of their names', () => {
    const fingerprint = (headers: unknown) => fingerprintOf(requestSchema.parse(withHeaders(headers)))
    expect(fingerprint({ 'X-A': '1', 'x-b': '2' })).toBe(fingerprint({ 'x-b': '2', 'x-a': '1' }))
    expect(fingerprint({})).toBe(fingerprint(undefined))
    const all = [undefined, { 'x-a': '1' }, { 'x-a': '2' }, { 'x-b': '1' }, { 'x-a': '1', 'x-b': '1' }]
    expect(new Set(all.map(fingerprint)).size).toBe(all.length)
  })

  it('are not in the stored request, also if that is damaged', () => {
    const body = withHeaders({ 'x-key': 'secret' })
    expect(storedRequestSchema.safeParse(body).success).toBe(false)
    const { request, isWhole } = parseStoredRequest(JSON.stringify(body), 'seedance-2.0-mini')
    expect([isWhole, JSON.stringify(request).includes('secret')]).toEqual([false, false])
  })
})
