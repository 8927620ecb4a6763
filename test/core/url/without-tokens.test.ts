import { describe, expect, it } from 'vitest'
import { textWithoutTokens, withoutTokens } from '../../../src/core/url/without-tokens.ts'

describe('a text that is a URL keeps its host and path only', () => {
  it.each([
    ["https://h.test/Users('x')/hook?token=SECRET", "https://h.test/Users('x')/hook"],
    ['https://h.test/a(b)/[c]/{d}?token=SECRET', 'https://h.test/a(b)/[c]/{d}'],
    ['HTTPS://h.test/a?token=SECRET', 'HTTPS://h.test/a'],
    ['https://user:SECRET@h.test/a', 'https://h.test/a'],
    ["https://user:SE'CRET@h.test", 'https://h.test'],
    ['https://SECRET@one@h.test/a', 'https://h.test/a'],
    ['https://h.test?SECRET', 'https://h.test'],
    ['https://h.test/a#token=SECRET', 'https://h.test/a'],
    ['https://h.test/a#b?SECRET', 'https://h.test/a'],
    ['https://ü.test/caf\u00e9/纸船?令牌=SECRET', 'https://ü.test/caf\u00e9/纸船'],
    ['https://h.test/a b?token=SECRET', 'https://h.test/a b'],
    ['https://h.test/a?b=<SECRET>"SECRET"', 'https://h.test/a'],
    ['https://h.test/a?b\nSECRET', 'https://h.test/a'],
    ['https://h.test/what%3F/a%23?token=SECRET', 'https://h.test/what%3F/a%23'],
    [
      'https://proxy.test/https%3A%2F%2Fh.test%2Fa%3Ftoken%3DSECRET',
      'https://proxy.test/https%3A%2F%2Fh.test%2Fa',
    ],
    ['https%3a%2f%2fu%3aSECRET%40h.test%2fa', 'https%3a%2f%2fh.test%2fa'],
    ['https://h.test/a', 'https://h.test/a'],
  ])('%s', (url, shown) => {
    expect(textWithoutTokens(url)).toBe(shown)
  })
})

describe('so does each URL in another text', () => {
  it.each([
    [
      "No file at https://h.test/Users('x')/a?token=SECRET here",
      "No file at https://h.test/Users('x')/a here",
    ],
    [
      '\'https://h.test/a?SECRET\' and "https://h.test/b?SECRET"',
      '\'https://h.test/a and "https://h.test/b"',
    ],
    ['(https://h.test/a?SECRET), [https://u:SECRET@h.test/b]', '(https://h.test/a [https://h.test/b]'],
    ['<a href="https://h.test/a?SECRET">', '<a href="https://h.test/a">'],
    [
      '{"a":"https://h.test/a?SECRET","b":"HTTP://u:SECRET@h.test/b"}',
      '{"a":"https://h.test/a","b":"HTTP://h.test/b"}',
    ],
    [
      "{'a':'https://h.test/a','b':'https://u:SECRET@h.test/b'}",
      "{'a':'https://h.test/a','b':'https://h.test/b'}",
    ],
    ['a https://h.test/a,https://u:SECRET@h.test/b?SECRET', 'a https://h.test/a,https://h.test/b'],
    [String.raw`{"a":"https:\/\/u:SECRET@h.test\/a?SECRET"}`, String.raw`{"a":"https:\/\/h.test\/a"}`],
    [' https://h.test/a?SECRET', ' https://h.test/a'],
    ['url=https%3A%2F%2Fh.test%2Fa%3F_SECRET and more', 'url=https%3A%2F%2Fh.test%2Fa and more'],
    [
      'https://h.test/a failed, so did https://u:SECRET@h.test/b',
      'https://h.test/a failed, so did https://h.test/b',
    ],
    ['What? #1 me@h.test: no URL', 'What? #1 me@h.test: no URL'],
  ])('%s', (text, shown) => {
    expect(textWithoutTokens(text)).toBe(shown)
  })
})

it('a JSON value is copied without the tokens of its URLs, and keeps the texts that may stay', () => {
  const link = 'https://h.test/a?signature=b'
  const value = { a: [link, { b: 'https://h.test/c?d' }], n: 1, none: null }
  expect(withoutTokens(value, new Set([link]))).toEqual({ ...value, a: [link, { b: 'https://h.test/c' }] })
})
