import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, countIn, percentileOf } from '../../src/core/histogram.ts'

function histogramOf(times: number[]): Map<number, number> {
  const buckets = Map.groupBy(times, (ms) => bucketOf(ms))
  return new Map([...buckets].map(([bucket, { length }]) => [bucket, length]))
}

describe('a percentile of a histogram', () => {
  it('is at most a tenth off the true one', () => {
    const times = fc.array(fc.integer({ min: 10, max: 100_000_000 }), { minLength: 1 })
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95), (all, share) => {
        const sorted = all.toSorted((a, b) => a - b)
        const exact = sorted[Math.ceil(share * all.length) - 1] ?? Number.NaN
        const found = percentileOf(histogramOf(all), share) ?? Number.NaN
        expect(Math.abs(found / exact - 1)).toBeLessThanOrEqual(0.1)
      }),
    )
  })

  it('does not exist without times', () => {
    expect([percentileOf(new Map(), 0.5), countIn(new Map())]).toEqual([null, 0])
  })
})
