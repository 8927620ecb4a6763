import { describe, expect, it } from 'vitest'
import { evaluatePreconditions, mayBePartial } from '../../../src/core/http/preconditions.ts'

const current = { etag: '"abc"', lastModifiedMs: Date.UTC(2026, 0, 1, 12, 0, 0, 700) }
const at = 'Thu, 01 Jan 2026 12:00:00 GMT'
const before = 'Thu, 01 Jan 2026 11:59:59 GMT'
const after = 'Thu, 01 Jan 2026 12:00:01 GMT'

const reader = (headers: Record<string, string>) => (name: string) => headers[name]

// RFC 9110 §13.2.2, step by step.
describe('a precondition', () => {
  it.each<[string, Record<string, string>, ReturnType<typeof evaluatePreconditions>]>([
    ['none', {}, 'proceed'],

    ['If-Match, the same', { 'if-match': '"abc"' }, 'proceed'],
    ['If-Match, one of a list', { 'if-match': '"x", "abc"' }, 'proceed'],
    ['If-Match, any', { 'if-match': '*' }, 'proceed'],
    ['If-Match, another', { 'if-match': '"x"' }, 'failed'],
    ['If-Match, weak: the comparison is strong', { 'if-match': 'W/"abc"' }, 'failed'],
    ['If-Match, empty', { 'if-match': '' }, 'failed'],
    ['If-Match, unreadable', { 'if-match': 'abc' }, 'failed'],

    ['If-Unmodified-Since, the same second', { 'if-unmodified-since': at }, 'proceed'],
    ['If-Unmodified-Since, later', { 'if-unmodified-since': after }, 'proceed'],
    ['If-Unmodified-Since, earlier', { 'if-unmodified-since': before }, 'failed'],
    ['If-Unmodified-Since, not a date: ignored', { 'if-unmodified-since': 'once' }, 'proceed'],
    [
      'If-Unmodified-Since with If-Match: ignored',
      { 'if-match': '"abc"', 'if-unmodified-since': before },
      'proceed',
    ],

    ['If-None-Match, the same', { 'if-none-match': '"abc"' }, 'unchanged'],
    ['If-None-Match, weak: the comparison is weak', { 'if-none-match': 'W/"abc"' }, 'unchanged'],
    ['If-None-Match, one of a list', { 'if-none-match': '"x" , W/"abc"' }, 'unchanged'],
    ['If-None-Match, any', { 'if-none-match': '*' }, 'unchanged'],
    ['If-None-Match, another', { 'if-none-match': '"x"' }, 'proceed'],
    ['If-None-Match, a tag that contains a comma', { 'if-none-match': '"x,abc"' }, 'proceed'],
    ['If-None-Match, unreadable', { 'if-none-match': 'abc' }, 'proceed'],

    ['If-Modified-Since, the same second', { 'if-modified-since': at }, 'unchanged'],
    ['If-Modified-Since, later', { 'if-modified-since': after }, 'unchanged'],
    ['If-Modified-Since, earlier', { 'if-modified-since': before }, 'proceed'],
    ['If-Modified-Since, not a date: ignored', { 'if-modified-since': 'once' }, 'proceed'],
    [
      'If-Modified-Since with If-None-Match: ignored',
      { 'if-none-match': '"x"', 'if-modified-since': at },
      'proceed',
    ],

    [
      'If-Match and If-None-Match, both the same',
      { 'if-match': '"abc"', 'if-none-match': '"abc"' },
      'unchanged',
    ],
    [
      'If-Match, another, with If-None-Match, the same: the first decides',
      { 'if-match': '"x"', 'if-none-match': '"abc"' },
      'failed',
    ],
    [
      'If-Unmodified-Since, earlier, with If-Modified-Since',
      { 'if-unmodified-since': before, 'if-modified-since': at },
      'failed',
    ],
  ])('%s', (_, headers, result) => {
    expect(evaluatePreconditions(reader(headers), current)).toBe(result)
  })
})

// RFC 9110 §13.1.5.
describe('the Range header is honored', () => {
  it.each([
    ['without If-Range', {}, true],
    ['If-Range, the same', { 'if-range': '"abc"' }, true],
    ['If-Range, the same time', { 'if-range': at }, true],
    ['If-Range, another', { 'if-range': '"x"' }, false],
    ['If-Range, weak: the comparison is strong', { 'if-range': 'W/"abc"' }, false],
    ['If-Range, a list', { 'if-range': '"abc", "x"' }, false],
    ['If-Range, an earlier time', { 'if-range': before }, false],
    ['If-Range, a later time', { 'if-range': after }, false],
    ['If-Range, unreadable', { 'if-range': 'abc' }, false],
    ['If-Range, empty', { 'if-range': '' }, false],
  ])('%s: %o → %s', (_, headers, isPartial) => {
    expect(mayBePartial(reader(headers), current)).toBe(isPartial)
  })
})
