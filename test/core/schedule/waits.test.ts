import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliveryWaitsMs } from '../../../src/core/schedule/deliveries.ts'
import { leaseMs } from '../../../src/core/schedule/jobs.ts'
import {
  announcedWaitMs,
  copyWaitMs,
  deliveryWaitMs,
  pollWaitMs,
  resolveWaitMs,
  submitWaitMs,
} from '../../../src/core/schedule/waits.ts'

const seconds = 1_000
const minutes = 60 * seconds
const hours = 60 * minutes

const chance = fc.double({ min: 0, max: 1, noNaN: true })
const since = fc.nat(48 * hours)

describe('the delivery schedule', () => {
  it('has ten attempts over about three days', () => {
    expect(deliveryWaitsMs).toHaveLength(10)
    const daysMs = deliveryWaitsMs.reduce((total, wait) => total + wait, 0)
    expect(daysMs / (24 * hours)).toBeGreaterThan(2.5)
    expect(daysMs / (24 * hours)).toBeLessThan(3.5)
  })

  it('starts immediately, and its waits never get shorter', () => {
    expect(deliveryWaitMs(0, 1)).toBe(0)
    expect([...deliveryWaitsMs].sort((left, right) => left - right)).toEqual([...deliveryWaitsMs])
  })

  it('keeps each wait within 20 % of its listed wait', () => {
    fc.assert(
      fc.property(fc.nat(deliveryWaitsMs.length - 1), chance, (attempts, by) => {
        const listed = deliveryWaitsMs[attempts] ?? 0
        const wait = deliveryWaitMs(attempts, by)
        expect(wait).toBeGreaterThanOrEqual(listed * 0.8)
        expect(wait).toBeLessThanOrEqual(listed * 1.2)
        expect(Number.isInteger(wait)).toBe(true)
      }),
    )
  })

  it('spreads waits over the whole 20 %, so that failed deliveries are not retried together', () => {
    expect(deliveryWaitMs(2, 0)).toBe(4 * minutes)
    expect(deliveryWaitMs(2, 0.5)).toBe(5 * minutes)
    expect(deliveryWaitMs(2, 1)).toBe(6 * minutes)
  })

  it('has no eleventh attempt', () => {
    expect(deliveryWaitMs(9, 0.5)).toBe(24 * hours)
    expect(deliveryWaitMs(10, 0.5)).toBeNull()
    expect(deliveryWaitMs(10, 0.5, 'slowed')).toBeNull()
  })

  it('uses the next longer wait when it is slowed, and never more than the longest', () => {
    expect(deliveryWaitMs(1, 0.5, 'slowed')).toBe(5 * minutes)
    expect(deliveryWaitMs(8, 0.5, 'slowed')).toBe(24 * hours)
    expect(deliveryWaitMs(9, 0.5, 'slowed')).toBe(24 * hours)
  })
})

describe('the wait between polls of a provider', () => {
  const pace = fc
    .record({
      firstMs: fc.integer({ min: 1, max: 1 * hours }),
      growth: fc.double({ min: 1, max: 3, noNaN: true }),
      beyondMs: fc.nat(1 * hours),
    })
    .map(({ firstMs, growth, beyondMs }) => ({ firstMs, growth, longestMs: firstMs + beyondMs }))

  it('is never shorter than the first wait, nor longer than the longest', () => {
    fc.assert(
      fc.property(pace, since, (provider, sinceMs) => {
        const wait = pollWaitMs(provider, sinceMs)
        expect(wait).toBeGreaterThanOrEqual(provider.firstMs)
        expect(wait).toBeLessThanOrEqual(provider.longestMs)
      }),
    )
  })

  it('is a whole number of milliseconds, as every stored time is', () => {
    expect(pollWaitMs({ firstMs: 3_000, growth: 1.25, longestMs: 15_000 }, 20_001)).toBe(5_000)
  })

  it('never gets shorter over time', () => {
    fc.assert(
      fc.property(pace, since, since, (provider, one, other) => {
        const earlier = pollWaitMs(provider, Math.min(one, other))
        expect(earlier).toBeLessThanOrEqual(pollWaitMs(provider, Math.max(one, other)))
      }),
    )
  })

  it('grows geometrically from wait to wait', () => {
    const rare = { firstMs: 240 * seconds, growth: 1.25, longestMs: 120 * seconds }
    expect([0, 240 * seconds, 1 * hours].map((since) => pollWaitMs(rare, since))).toEqual(
      [240, 120, 120].map((wait) => wait * seconds),
    )
    const provider = { firstMs: 10 * seconds, growth: 2, longestMs: 100 * seconds }
    expect([0, 10, 20, 40, 80, 160].map((sinceS) => pollWaitMs(provider, sinceS * seconds))).toEqual(
      [10, 10, 20, 40, 80, 100].map((waitS) => waitS * seconds),
    )
  })
})

describe('the wait before a retry', () => {
  it('of a refused submission grows to a minute and stays there', () => {
    const waits = Array.from({ length: 100 }, (_, index) => submitWaitMs(index + 1))
    expect(waits.slice(0, 5)).toEqual([2, 5, 15, 60, 60].map((wait) => wait * seconds))
    expect(waits.at(-1)).toBe(1 * minutes)
  })

  it('of an output copy ends after the seventh attempt', () => {
    const waits = Array.from({ length: 7 }, (_, index) => copyWaitMs(index + 1))
    expect(waits.slice(0, 6).every((wait) => wait !== null && wait >= 2 * seconds)).toBe(true)
    expect(waits[6]).toBeNull()
  })

  it('of an unknown submission stays between two seconds and two minutes', () => {
    fc.assert(
      fc.property(since, (sinceMs) => {
        expect(resolveWaitMs(sinceMs)).toBeGreaterThanOrEqual(2 * seconds)
        expect(resolveWaitMs(sinceMs)).toBeLessThanOrEqual(2 * minutes)
      }),
    )
    expect(resolveWaitMs(0)).toBe(2 * seconds)
    expect(resolveWaitMs(1 * hours)).toBe(2 * minutes)
  })

  it('after an announced end is a few seconds, then the normal polling pace applies', () => {
    expect(announcedWaitMs(0)).toBe(1 * seconds)
    expect(announcedWaitMs(1 * hours)).toBeNull()
    fc.assert(
      fc.property(fc.nat(10 * seconds), (sinceMs) => {
        expect(announcedWaitMs(sinceMs)).toBeLessThanOrEqual(8 * seconds)
      }),
    )
  })

  it('after a crash is one lease of half a minute to two minutes', () => {
    expect(leaseMs).toBeGreaterThanOrEqual(30 * seconds)
    expect(leaseMs).toBeLessThanOrEqual(2 * minutes)
  })
})
