/** Which settings a command has, and what its options mean. */
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../src/sdk/cli/config-file.ts'
import { exitCodeOf } from '../../../src/sdk/cli/exit-codes.ts'
import { collectPairs, dollars, pairsIn, seconds, time } from '../../../src/sdk/cli/options.ts'
import { hasColors } from '../../../src/sdk/cli/output.ts'
import { findSettings, parseKey, parseUrl, settingsFrom } from '../../../src/sdk/cli/settings.ts'

const file = { url: 'https://file.example.com', api_key: 'rh_file' }
const env = { REELHOOK_URL: 'https://environment.example.com', REELHOOK_API_KEY: 'rh_environment' }

describe('the settings', () => {
  it('are those of options, then the environment, then the file', () => {
    const flags = { url: 'https://option.example.com/', apiKey: 'rh_option\n' }
    expect(settingsFrom(flags, env, file)).toEqual({ url: 'https://option.example.com', apiKey: 'rh_option' })
    expect(settingsFrom({}, env, file)).toEqual({
      url: 'https://environment.example.com',
      apiKey: 'rh_environment',
    })
    expect(settingsFrom({}, {}, file)).toEqual({ url: 'https://file.example.com', apiKey: 'rh_file' })
  })

  it('send a stored key to its own address only', () => {
    const { apiKey } = findSettings({ url: 'https://other.example.com' }, {}, file)
    expect(apiKey).toBeNull()
    expect(findSettings({ url: 'https://FILE.example.com/' }, {}, file).apiKey?.value).toBe('rh_file')
  })

  it('take an empty variable for none', () => {
    expect(settingsFrom({}, { REELHOOK_URL: '', REELHOOK_API_KEY: ' ' }, file).apiKey).toBe('rh_file')
  })

  it('need an address and a key', () => {
    expect(() => settingsFrom({}, {}, {})).toThrow('No deployment is set.')
    expect(() => settingsFrom(env.REELHOOK_URL ? { url: env.REELHOOK_URL } : {}, {}, {})).toThrow(
      'No API key',
    )
  })

  it.each(['ftp://a.example.com', 'a.example.com', 'https://user:secret@a.example.com'])(
    'refuse the address %s without repeating it',
    (text) => {
      expect(() => parseUrl(text)).toThrow('is not an http or https URL')
    },
  )

  it('refuse a key that no header can carry, without repeating it', () => {
    expect(() => parseKey('rh_a\nrh_b')).toThrow('The API key has characters that no key has.')
  })

  it('ignore what they do not know in the file', () => {
    expect(parseConfig('{"url":"https://a.example.com","api_key":7,"theme":"dark"}')).toEqual({
      url: 'https://a.example.com',
    })
  })
})

describe('options', () => {
  it.each([
    ['90', 90],
    ['90s', 90],
    ['10m', 600],
    ['2h', 7_200],
  ])('read %s as %i seconds', (text, expected) => {
    expect(seconds(text)).toBe(expected)
  })

  it('read dates and how long ago', () => {
    expect(time('2026-11-29')).toBe('2026-11-29T00:00:00.000Z')
    const twoHoursAgo = Date.parse(time('2h'))
    expect(Date.now() - twoHoursAgo).toBeGreaterThanOrEqual(2 * 3_600_000)
    expect(() => time('yesterday')).toThrow('how long ago')
  })

  it('read amounts and pairs', () => {
    expect(dollars('$0.50')).toBe(0.5)
    expect(() => dollars('0')).toThrow('US dollars')
    expect(pairsIn(['order=42', 'note=a=b', 'empty='])).toEqual({ order: '42', note: 'a=b', empty: '' })
    for (const text of ['=x', 'order', '']) expect(() => collectPairs(text)).toThrow('key=value')
  })
})

describe('colors', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
    [true, { CI: 'true' }, false],
    [true, { CI: 'false' }, true],
  ])('terminal %s with %o: %s', (isTty, variables, expected) => {
    expect(hasColors(isTty, variables)).toBe(expected)
  })
})

describe('the exit code of a response', () => {
  it.each([
    [401, 'unauthorized', 4],
    [402, 'budget_exceeded', 4],
    [403, 'forbidden', 4],
    [404, 'not_found', 3],
    [409, 'idempotency_conflict', 4],
    [409, 'already_settled', 6],
    [409, 'not_settled', 6],
    [409, 'undelivered', 6],
    [422, 'invalid_request', 4],
    [429, 'rate_limited', 5],
    [503, 'unavailable', 5],
  ])('%i %s is %i', (status, problem, code) => {
    expect(exitCodeOf(status, problem)).toBe(code)
  })
})
