import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readHttpDate, writeHttpDate } from '../../../src/core/http/http-date.ts'

const time = Date.UTC(1994, 10, 6, 8, 49, 37)

describe('an HTTP date', () => {
  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Sun Nov 06 08:49:37 1994',
  ])('is read in each of its three formats: %s', (text) => {
    expect(readHttpDate(text)).toBe(time)
  })

  it('is written in the current format', () => {
    expect(writeHttpDate(time + 999)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
  })

  it('is read as it was written, to the second', () => {
    const aTime = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })
    fc.assert(
      fc.property(aTime, (timeMs) => {
        expect(readHttpDate(writeHttpDate(timeMs))).toBe(timeMs - (timeMs % 1_000))
      }),
    )
  })
})

describe('does not accept as a date', () => {
  it.each([
    '',
    'now',
    '1',
    '-5',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
  ])('%j', (text) => {
    expect(readHttpDate(text)).toBeNull()
  })
})
