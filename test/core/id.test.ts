import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { firstIdAt, newId } from '../../src/core/id.ts'

const madeAt = Date.UTC(2026, 0, 1)
const times = fc.nat(2 ** 48 - 1)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: madeAt })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('happy', () => {
  it.each([
    ['job', 'job'],
    ['event', 'evt'],
    ['delivery', 'dlv'],
    ['apiKey', 'key'],
    ['asset', 'asset'],
  ] as const)('says of an id of a %s what it names', (kind, prefix) => {
    expect(newId(kind)).toMatch(new RegExp(`^${prefix}_[0-9a-z]{26}$`))
    expect(firstIdAt(kind, madeAt)).toMatch(new RegExp(`^${prefix}_[0-9a-z]{26}$`))
  })

  it('never gives the same id twice', () => {
    expect(new Set(Array.from({ length: 5_000 }, () => newId('job'))).size).toBe(5_000)
  })

  it('sorts by the time it was made at', () => {
    const ids = Array.from({ length: 500 }, (_, index) => {
      vi.setSystemTime(madeAt + index ** 3)
      return newId('job')
    })
    expect([...ids].sort()).toEqual(ids)
  })
})

describe('a bound in time', () => {
  it('is not above any id of its own millisecond, and above every id before it', () => {
    const before = Array.from({ length: 200 }, () => newId('job'))
    vi.setSystemTime(madeAt + 1)
    const since = Array.from({ length: 200 }, () => newId('job'))
    const bound = firstIdAt('job', madeAt + 1)
    expect(before.filter((id) => id >= bound)).toEqual([])
    expect(since.filter((id) => id < bound)).toEqual([])
  })

  it('sorts as its time does', () => {
    fc.assert(
      fc.property(times, times, (one, other) => {
        fc.pre(one < other)
        expect(firstIdAt('job', one) < firstIdAt('job', other)).toBe(true)
      }),
    )
  })

  it('holds for times before 1970 and after the last one', () => {
    const id = newId('job')
    expect(firstIdAt('job', -1)).toBe(firstIdAt('job', 0))
    expect(firstIdAt('job', 0) < id).toBe(true)
    expect(firstIdAt('job', 8.64e15)).toBe(firstIdAt('job', 2 ** 48 - 1))
    expect(firstIdAt('job', 8.64e15) > id).toBe(true)
  })
})
