/** The pure parts of a soak: slopes, and what counts as flat. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../chaos/random.ts'
import { measureNames, type Sample } from './measures.ts'
import { planOf, readPlan } from './plan.ts'
import { judge, medianOf, medianSlope } from './slopes.ts'
import { isJudged, rising, verdictsOf } from './verdicts.ts'

const minuteMs = 60_000
const tolerance = { atLeast: 2, share: 0.1 }

const flat: Sample['values'] = {
  heap: 100,
  memory: 100,
  database: 100,
  rows: 100,
  objects: 100,
  unsettled: 100,
  pending: 100,
  overdue: 100,
  oldest: 100,
  post: 100,
  floor: 100,
  postShare: 100,
  finish: 100,
  delivery: 100,
}

/** A point a minute: `valueAt` gets the minute. */
function points(count: number, valueAt: (minute: number) => number) {
  return Array.from({ length: count }, (_, n) => ({ atMs: n * minuteMs, value: valueAt(n), group: 0 }))
}

describe('a slope', () => {
  it('is exact for a line', () => {
    expect(medianSlope(points(10, (minute) => 5 + 3 * minute)) * minuteMs).toBeCloseTo(3)
  })

  it('hardly changes when a fifth of the points are outliers', () => {
    const noisy = points(60, (minute) => 100 + minute + (minute % 5 === 0 ? 5_000 : 0))
    expect(medianSlope(noisy) * minuteMs).toBeCloseTo(1, 1)
  })

  it('does not compare the points of two processes', () => {
    const restarted = points(20, (minute) => (minute < 10 ? 500 + minute : 100 + minute)).map((point, n) => ({
      ...point,
      group: n < 10 ? 1 : 2,
    }))
    expect(medianSlope(restarted) * minuteMs).toBeCloseTo(1)
  })

  it('does not exist without two points', () => {
    expect(medianSlope(points(1, () => 1))).toBeNaN()
    expect(medianOf([])).toBeNaN()
    expect(medianOf([4, 1, 3, 2])).toBe(2.5)
  })
})

describe('a series', () => {
  it('is flat when it only varies', () => {
    const random = seededRandom(3)
    expect(
      judge(
        points(40, () => 50 + random.below(20)),
        tolerance,
      ),
    ).toMatchObject({ result: 'flat' })
  })

  it('rises when it changes by more than it may, and says how much that is in an hour', () => {
    const { result, slopePerHour, change } = judge(
      points(31, (minute) => 50 + minute),
      tolerance,
    )
    expect({ result, slopePerHour: Math.round(slopePerHour), change: Math.round(change) }).toEqual({
      result: 'RISES',
      slopePerHour: 60,
      change: 30,
    })
  })

  it('does not fail when it falls', () => {
    expect(
      judge(
        points(31, (minute) => 500 - 10 * minute),
        tolerance,
      ).result,
    ).toBe('falls')
  })

  it('is not judged by a few points', () => {
    expect(
      judge(
        points(3, (minute) => 1_000 * minute),
        tolerance,
      ).result,
    ).toBe('too short')
  })
})

describe('the verdicts on a run', () => {
  const warmUp = { warmUpMs: 10 * minuteMs, processWarmUpMs: 5 * minuteMs }

  /** A sample a minute. The Worker restarts after 30 minutes. */
  function samples(valuesAt: (minute: number) => Partial<Sample['values']>): Sample[] {
    return Array.from({ length: 60 }, (_, minute) => ({
      atMs: minute * minuteMs,
      process: minute < 30 ? 1 : 2,
      processAgeMs: (minute % 30) * minuteMs,
      values: { ...flat, ...valuesAt(minute) },
    }))
  }

  it('are good when everything stays', () => {
    const verdicts = verdictsOf(
      samples(() => ({})),
      0,
      warmUp,
    )
    expect(rising(verdicts)).toEqual([])
    expect(new Set(Object.values(verdicts).map(({ result }) => result))).toEqual(new Set(['flat']))
  })

  it.each(measureNames.filter(isJudged))('name %s when it rises', (name) => {
    expect(
      rising(
        verdictsOf(
          samples((minute) => ({ [name]: 100 + 20 * minute })),
          0,
          warmUp,
        ),
      ),
    ).toEqual([name])
  })

  it('find a leak of the heap although the restart in the middle ends it', () => {
    const heap = (minute: number) => 20 + (minute % 30)
    expect(
      rising(
        verdictsOf(
          samples((minute) => ({ heap: heap(minute) })),
          0,
          warmUp,
        ),
      ),
    ).toEqual(['heap'])
  })

  it('leave out the warm-up, and that of each process', () => {
    const isYoung = (minute: number) => minute < 10 || minute % 30 < 5
    const heap = (minute: number) => (isYoung(minute) ? minute : 100)
    expect(
      rising(
        verdictsOf(
          samples((minute) => ({ heap: heap(minute) })),
          0,
          warmUp,
        ),
      ),
    ).toEqual([])
  })

  it('do not depend on the speed of the machine', () => {
    expect(
      rising(
        verdictsOf(
          samples((minute) => ({ post: 10 * minute })),
          0,
          warmUp,
        ),
      ),
    ).toEqual([])
  })

  it('ignore intervals in which nothing happened', () => {
    const verdicts = verdictsOf(
      samples((minute) => ({ finish: minute % 2 === 0 ? null : 7 })),
      0,
      warmUp,
    )
    expect(verdicts.finish).toMatchObject({ result: 'flat', median: 7 })
  })
})

describe('the plan of a run', () => {
  it('reads hours, minutes, the rate and the seed', () => {
    expect(readPlan(['--hours', '1'])).toMatchObject({
      loadMs: 60 * minuteMs,
      jobsPerMinute: 24,
      isLeaking: false,
    })
    expect(readPlan(['--minutes', '5', '--rate', '30', '--seed', '7', '--leak'])).toMatchObject({
      loadMs: 5 * minuteMs,
      jobsPerMinute: 30,
      seed: 7,
      isLeaking: true,
    })
    expect(() => readPlan(['--minutes', 'five'])).toThrow('loadMs must be a number.')
  })

  it.each([5, 60])('has erased the first rows when it is judged, if it takes %i minutes', (minutes) => {
    const { deadlineSeconds, erasedAfterMs, warmUpMs, prunedAfterMs } = planOf(minutes * minuteMs)
    // A job that ends at once, is erased, and has an Idempotency-Key; the sweep may look a minute later, each time.
    expect(warmUpMs).toBeGreaterThanOrEqual(2 * erasedAfterMs)
    expect(prunedAfterMs).toBeLessThanOrEqual(erasedAfterMs)
    expect(deadlineSeconds).toBeGreaterThanOrEqual(60)
  })
})
