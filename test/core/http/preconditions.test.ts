import { describe, expect, it } from 'vitest'
import { evaluatePreconditions, mayBePartial } from '../../../src/core/http/preconditions.ts'

const current = { etag: '"abc"', lastModifiedMs: Date.UTC(2026, 0, 1, 12, 0, 0, 700) }
const at = 'Thu, 01 Jan 2026 12:00:00 GMT'
const before = 'Thu, 01 Jan 2026 11:59:59 GMT'
const after = 'Thu, 01 Jan 2026 12:00:01 GMT'

const reader = (headers: Record<string, string>) => (name: string) => headers[name]

// RFC 9110 §13.2.2, step by step.
describe('a condition', () => {
  it.each<[string, Record<string, string>, ReturnType<typeof evaluatePreconditions>]>([
    ['none', {}, 'proceed'],

    ['If-Match, the same', { 'if-match': '"abc"' }, 'proceed'],
    ['If-Match, one of a list', { 'if-match': '"x", "abc"' }, 'proceed'],
    ['If-Match, any', { 'if-match': '*' }, 'proceed'],
    ['If-Match, another', { 'if-match': '"x"' }, 'failed'],
    ['If-Match, weak: it is compared strongly', { 'if-match': 'W/"abc"' }, 'failed'],
    ['If-Match, of nothing', { 'if-match': '' }, 'failed'],
    ['If-Match, unreadable', { 'if-match': 'abc' }, 'failed'],

    ['If-Unmodified-Since, the same second', { 'if-unmodified-since': at }, 'proceed'],
    ['If-Unmodified-Since, later', { 'if-unmodified-since': after }, 'proceed'],
    ['If-Unmodified-Since, earlier', { 'if-unmodified-since': before }, 'failed'],
    ['If-Unmodified-Since, no date: not heard', { 'if-unmodified-since': 'once' }, 'proceed'],
    [
      'If-Unmodified-Since beside If-Match: not heard',
      { 'if-match': '"abc"', 'if-unmodified-since': before },
      'proceed',
    ],

    ['If-None-Match, the same', { 'if-none-match': '"abc"' }, 'unchanged'],
    ['If-None-Match, weak: it is compared weakly', { 'if-none-match': 'W/"abc"' }, 'unchanged'],
    ['If-None-Match, one of a list', { 'if-none-match': '"x" , W/"abc"' }, 'unchanged'],
    ['If-None-Match, any', { 'if-none-match': '*' }, 'unchanged'],
    ['If-None-Match, another', { 'if-none-match': '"x"' }, 'proceed'],
    ['If-None-Match, one that holds it behind a comma', { 'if-none-match': '"x,abc"' }, 'proceed'],
    ['If-None-Match, unreadable', { 'if-none-match': 'abc' }, 'proceed'],

    ['If-Modified-Since, the same second', { 'if-modified-since': at }, 'unchanged'],
    ['If-Modified-Since, later', { 'if-modified-since': after }, 'unchanged'],
    ['If-Modified-Since, earlier', { 'if-modified-since': before }, 'proceed'],
    ['If-Modified-Since, no date: not heard', { 'if-modified-since': 'once' }, 'proceed'],
    [
      'If-Modified-Since beside If-None-Match: not heard',
      { 'if-none-match': '"x"', 'if-modified-since': at },
      'proceed',
    ],

    ['wanted, and known', { 'if-match': '"abc"', 'if-none-match': '"abc"' }, 'unchanged'],
    ['not wanted, and known: the first decides', { 'if-match': '"x"', 'if-none-match': '"abc"' }, 'failed'],
    ['not wanted since, and known', { 'if-unmodified-since': before, 'if-modified-since': at }, 'failed'],
  ])('%s', (_, headers, verdict) => {
    expect(evaluatePreconditions(reader(headers), current)).toBe(verdict)
  })
})

// RFC 9110 §13.1.5.
describe('a part is sent', () => {
  it.each([
    ['without If-Range', {}, true],
    ['If-Range, the same', { 'if-range': '"abc"' }, true],
    ['If-Range, the time of it', { 'if-range': at }, true],
    ['If-Range, another', { 'if-range': '"x"' }, false],
    ['If-Range, weak: it is compared strongly', { 'if-range': 'W/"abc"' }, false],
    ['If-Range, a list', { 'if-range': '"abc", "x"' }, false],
    ['If-Range, an earlier time', { 'if-range': before }, false],
    ['If-Range, a later time', { 'if-range': after }, false],
    ['If-Range, nothing of use', { 'if-range': 'abc' }, false],
    ['If-Range, empty', { 'if-range': '' }, false],
  ])('%s: %o → %s', (_, headers, isPartial) => {
    expect(mayBePartial(reader(headers), current)).toBe(isPartial)
  })
})
