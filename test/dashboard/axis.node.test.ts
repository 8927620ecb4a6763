/** The scale of the time axis. */
import { describe, expect, it } from 'vitest'
import { type Axis, axisOf } from '../../src/dashboard/timeline/axis.ts'
import { mark, type Segment, wait, whole, work } from '../../src/dashboard/timeline/row.ts'

const minutes = 60_000
const days = 24 * 60 * minutes

function axis(segments: Segment[], settledAt: number | null = null): Axis {
  return axisOf(segments, { startedAt: 0, settledAt })
}

const labels = ({ ticks }: Axis) => ticks.map(({ label }) => label)

it('is to scale while something runs', () => {
  const { at, cuts, end } = axis([wait(0, 5_000, ''), work(5_000, 20_000, '')], 20_000)
  expect([0, 5_000, 10_000, 20_000].map(at)).toEqual([0, 25, 50, 100])
  expect([cuts, end]).toEqual([[], 100])
})

describe('a wait that is longer than half of what runs', () => {
  const attempts = [0, 5_000, 5 * minutes, 35 * minutes, 3 * days].flatMap((ms) => [
    work(60_000 + ms, 60_200 + ms, ''),
  ])
  const long = axis([whole(0, 60_000, ''), work(0, 60_000, ''), ...attempts])

  it('is drawn shorter, so that a delivery three days later leaves room for the job', () => {
    expect(long.cuts.map(({ ms }) => Math.round(ms / minutes))).toEqual([5, 30, 4_285])
    expect(long.at(60_000)).toBeGreaterThan(40)
    expect(long.at(60_000 + 3 * days)).toBeGreaterThan(99)
  })

  it('never takes more than half of the axis with all others', () => {
    const many = Array.from({ length: 60 }, (_, n) => work(n * days, n * days + 1_000, ''))
    const { cuts } = axis(many)
    expect(cuts).toHaveLength(59)
    const width = cuts.reduce((sum, { from, to }) => sum + to - from, 0)
    expect(width).toBeCloseTo(50, 0)
  })

  it('keeps the order of all moments', () => {
    const places = [0, 30_000, 60_000, 65_000, 3 * minutes, 20 * minutes, days, 3 * days].map(long.at)
    expect(places).toEqual(places.toSorted((one, two) => one - two))
    expect(new Set(places).size).toBe(places.length)
  })

  it('is one cut, even if a moment such as a webhook is in it', () => {
    const { cuts } = axis([work(0, 10_000, ''), mark(days, ''), work(2 * days, 2 * days + 1, '')])
    expect(cuts).toHaveLength(1)
  })

  it('is divided by a run that took no time', () => {
    const { cuts } = axis([work(0, 10_000, ''), work(days, days, ''), work(2 * days, 2 * days, '')])
    expect(cuts).toHaveLength(2)
  })
})

it('short waits stay to scale, whatever little runs', () => {
  expect(axis([wait(0, 4_000, ''), work(4_000, 4_100, '')]).cuts).toEqual([])
})

describe('the ticks', () => {
  it('are the ends and round times, with room for their labels', () => {
    const simple = axis([work(0, 47_000, '')])
    expect(labels(simple)).toEqual(['0', '10 s', '20 s', '30 s', '47 s'])
    const places = simple.ticks.map(({ at }) => at)
    for (const [index, place] of places.slice(1).entries())
      expect(place - (places[index] ?? 0)).toBeGreaterThan(10)
  })

  it('are few enough for a phone without the minor ones', () => {
    const { ticks } = axis([work(0, 61_000, '')])
    expect(ticks.filter(({ isMinor }) => !isMinor).length).toBeLessThanOrEqual(5)
  })

  it('name the end of a cut', () => {
    expect(labels(axis([work(0, 30_000, ''), work(days, days + 30_000, '')]))).toContain('1 d')
  })
})

it('a job of this very moment has an axis too', () => {
  const empty = axis([whole(0, 0, ''), mark(0, '')])
  expect([empty.at(0), empty.at(5), labels(empty)]).toEqual([0, 0, ['0']])
})

it('begins with the earliest moment, if clocks differ', () => {
  const skewed = axis([work(-5_000, 5_000, '')])
  expect([skewed.at(-5_000), skewed.at(0), skewed.at(5_000)]).toEqual([0, 50, 100])
  expect(labels(skewed)[0]).toBe('0')
})
