import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFromFirstByteOn, readRange } from '../../../src/core/http/byte-ranges.ts'

const bytes = 10_000

/** The range in the notation of the standard: its first and last byte. */
function rangeOf(header: string): string {
  const range = readRange(header, bytes)
  return typeof range === 'string' ? range : `${range.offset}-${range.offset + range.length - 1}`
}

// The examples of RFC 9110 §14.1.2 use a file of this length.
describe('one range', () => {
  it.each([
    ['bytes=0-499', '0-499'],
    ['bytes=500-999', '500-999'],
    ['bytes=-500', '9500-9999'],
    ['bytes=9500-', '9500-9999'],
    ['bytes=0-0', '0-0'],
    ['bytes=9999-9999', '9999-9999'],
    ['bytes=9999-10000', '9999-9999'],
    ['bytes=0-', '0-9999'],
    ['bytes=-10000', '0-9999'],
    ['bytes=-99999', '0-9999'],
    ['bytes=0-99999999999999999999999', '0-9999'],
    ['bytes=007-9', '7-9'],
    ['BYTES=0-1', '0-1'],
    ['bytes= 0-1 ', '0-1'],
    ['bytes=,0-1,,', '0-1'],
  ])('reads %s as %s', (header, range) => {
    expect(rangeOf(header)).toBe(range)
  })
})

describe('several ranges', () => {
  it.each([
    'bytes=0-0,-1',
    'bytes= 0-999, 4500-5499, -1000',
    'bytes=0-999,20000-',
    'bytes=-0,10000-',
    'bytes=0-9,0-9',
    'bytes=0-1,9-5',
    'bytes=0-1,x',
    `bytes=${Array.from({ length: 10_000 }, (_, n) => `${n}-${n}`).join()}`,
  ])('select the whole file (RFC 9110 §14.2): %.40s', (header) => {
    expect(rangeOf(header)).toBe('whole')
  })
})

describe('a range outside the file', () => {
  it.each(['bytes=10000-', 'bytes=10000-10001', 'bytes=-0', 'bytes=99999999999999999999-'])(
    'is unsatisfiable: %s',
    (header) => {
      expect(rangeOf(header)).toBe('unsatisfiable')
    },
  )

  it('is every range of an empty file', () => {
    expect(readRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(readRange('bytes=-5', 0)).toBe('unsatisfiable')
  })
})

describe('a header that is not a valid byte range', () => {
  it.each([
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=9-5',
    'bytes=a-b',
    'bytes=0x0-0x9',
    'bytes=1.5-2',
    'bytes=0 - 1',
    'bytes=0-1-2',
    'bytes:0-1',
    'bytes =0-1',
    'lines=0-1',
    'none=0-1',
    '0-1',
  ])('selects the whole file: %j', (header) => {
    expect(rangeOf(header)).toBe('whole')
  })
})

describe('a range from the first byte on', () => {
  it.each(['bytes=0-', 'BYTES=0-', 'bytes= 0- ', 'bytes=00-', 'bytes=,0-,'])(
    'is recognized: %j',
    (header) => {
      expect(isFromFirstByteOn(header)).toBe(true)
      expect(rangeOf(header)).toBe('0-9999')
    },
  )

  it.each([
    'bytes=0-9999',
    'bytes=0-1',
    'bytes=1-',
    'bytes=-10000',
    'bytes=0-,0-',
    'bytes=0-,5-9',
    'bytes=-',
    '0-',
  ])('is not: %j', (header) => {
    expect(isFromFirstByteOn(header)).toBe(false)
  })
})

describe('any header', () => {
  it('selects the requested bytes, all of them inside the file', () => {
    fc.assert(
      fc.property(fc.nat(12_000), fc.nat(12_000), (first, more) => {
        const range = readRange(`bytes=${first}-${first + more}`, bytes)
        const expected = { offset: first, length: Math.min(first + more + 1, bytes) - first }
        expect(range).toEqual(first < bytes ? expected : 'unsatisfiable')
      }),
    )
  })

  it('is read without an error', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, size) => {
        for (const header of [text, `bytes=${text}`]) {
          const range = readRange(header, size)
          if (typeof range === 'string') continue
          expect(range.length).toBeGreaterThan(0)
          expect(range.offset + range.length).toBeLessThanOrEqual(size)
        }
      }),
    )
  })
})
