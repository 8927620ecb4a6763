import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRanges } from '../../../src/core/http/byte-ranges.ts'

const bytes = 10_000

/** The ranges as a reader of the standard would write them: first and last byte. */
function asked(header: string): string | string[] {
  const ranges = readRanges(header, bytes)
  return typeof ranges === 'string'
    ? ranges
    : ranges.map(({ offset, length }) => `${offset}-${offset + length - 1}`)
}

// The examples of RFC 9110 §14.1.2 are of a file of this very length.
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
  ])('%s', (header, range) => {
    expect(asked(header)).toEqual([range])
  })
})

describe('several ranges', () => {
  it.each([
    ['bytes=0-0,-1', ['0-0', '9999-9999']],
    ['bytes= 0-999, 4500-5499, -1000', ['0-999', '4500-5499', '9000-9999']],
    ['bytes=5000-5999,0-999', ['5000-5999', '0-999']],
    ['bytes=0-999,20000-', ['0-999']],
    ['bytes=20000-,0-999,-0', ['0-999']],
  ])('keep their order, without those that are outside: %s', (header, ranges) => {
    expect(asked(header)).toEqual(ranges)
  })

  it.each([
    ['which overlap', 'bytes=500-700,601-999', ['500-999']],
    ['which touch', 'bytes=500-600,601-999', ['500-999']],
    ['which nearly touch', 'bytes=0-1,5-6', ['0-6']],
    ['which are the same', 'bytes=0-9,0-9,0-9', ['0-9']],
    ['of which one holds the others', 'bytes=0-1,500-501,0-999', ['0-999']],
    ['which a third joins', 'bytes=0-99,400-499,50-450', ['0-499']],
    ['which are apart', 'bytes=0-99,181-200', ['0-99', '181-200']],
  ])('%s', (_, header, ranges) => {
    expect(asked(header)).toEqual(ranges)
  })
})

describe('no range', () => {
  it.each([
    'bytes=10000-',
    'bytes=10000-10001',
    'bytes=-0',
    'bytes=99999999999999999999-',
    'bytes=-0,10000-',
  ])('lies in the file: %s', (header) => {
    expect(asked(header)).toBe('unsatisfiable')
  })

  it('lies in an empty file', () => {
    expect(readRanges('bytes=0-', 0)).toBe('unsatisfiable')
    expect(readRanges('bytes=-5', 0)).toBe('unsatisfiable')
  })

  it.each([
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=9-5',
    'bytes=0-1,9-5',
    'bytes=a-b',
    'bytes=0-1,x',
    'bytes=0x0-0x9',
    'bytes=1.5-2',
    'bytes=0 - 1',
    'bytes=0-1-2',
    'bytes:0-1',
    'bytes =0-1',
    'lines=0-1',
    'none=0-1',
    '0-1',
  ])('is understood: %j', (header) => {
    expect(asked(header)).toBe('whole')
  })

  it('is heard of very many (RFC 9110 §17.15)', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `${n * 500}-${n * 500}`)
    expect(asked(`bytes=${many(16).join()}`)).toHaveLength(16)
    expect(asked(`bytes=${many(17).join()}`)).toBe('whole')
  })
})

describe('whatever is asked', () => {
  it('no byte is sent twice, and none that is not there', () => {
    const spec = fc.oneof(
      fc.tuple(fc.nat(12_000), fc.nat(12_000)).map(([first, more]) => `${first}-${first + more}`),
      fc.nat(12_000).map((first) => `${first}-`),
      fc.nat(12_000).map((last) => `-${last}`),
    )
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 16 }), (specs) => {
        const ranges = readRanges(`bytes=${specs.join()}`, bytes)
        if (typeof ranges === 'string') return
        const sorted = ranges.toSorted((a, b) => a.offset - b.offset)
        let end = 0
        for (const { offset, length } of sorted) {
          expect(offset).toBeGreaterThanOrEqual(end)
          expect(length).toBeGreaterThan(0)
          end = offset + length
        }
        expect(end).toBeLessThanOrEqual(bytes)
      }),
    )
  })

  it('every byte that was asked for and is there is sent', () => {
    const span = fc.tuple(fc.nat(bytes - 1), fc.nat(500))
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 16 }), (spans) => {
        const ranges = readRanges(
          `bytes=${spans.map(([from, more]) => `${from}-${from + more}`).join()}`,
          bytes,
        )
        for (const [from] of spans) {
          const sent =
            typeof ranges === 'object' &&
            ranges.some((range) => range.offset <= from && from < range.offset + range.length)
          expect(sent).toBe(true)
        }
      }),
    )
  })

  it('an answer is found', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, size) => {
        readRanges(text, size)
        readRanges(`bytes=${text}`, size)
      }),
    )
  })
})
