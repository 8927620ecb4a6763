import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { firstIdAt, newId, shardOf } from '../../src/core/id.ts'

const createdAt = Date.UTC(2026, 0, 1)
const times = fc.nat(2 ** 48 - 1)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: createdAt })
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
  ] as const)('gives an id of a %s its prefix', (kind, prefix) => {
    expect(newId(kind)).toMatch(new RegExp(`^${prefix}_[0-9a-z]{26}$`))
    expect(firstIdAt(kind, createdAt)).toMatch(new RegExp(`^${prefix}_[0-9a-z]{26}$`))
  })

  it('never creates the same id twice', () => {
    expect(new Set(Array.from({ length: 5_000 }, () => newId('job'))).size).toBe(5_000)
  })

  it('sorts ids by creation time', () => {
    const ids = Array.from({ length: 500 }, (_, index) => {
      vi.setSystemTime(createdAt + index ** 3)
      return newId('job')
    })
    expect([...ids].sort()).toEqual(ids)
  })
})

describe('the first id of a time', () => {
  it('is not above any id of its millisecond, and is above every earlier id', () => {
    const before = Array.from({ length: 200 }, () => newId('job'))
    vi.setSystemTime(createdAt + 1)
    const since = Array.from({ length: 200 }, () => newId('job'))
    const bound = firstIdAt('job', createdAt + 1)
    expect(before.filter((id) => id >= bound)).toEqual([])
    expect(since.filter((id) => id < bound)).toEqual([])
  })

  it('sorts by time', () => {
    fc.assert(
      fc.property(times, times, (one, other) => {
        fc.pre(one < other)
        expect(firstIdAt('job', one) < firstIdAt('job', other)).toBe(true)
      }),
    )
  })

  it('is clamped for times before 1970 and after the last possible one', () => {
    const id = newId('job')
    expect(firstIdAt('job', -1)).toBe(firstIdAt('job', 0))
    expect(firstIdAt('job', 0) < id).toBe(true)
    expect(firstIdAt('job', 8.64e15)).toBe(firstIdAt('job', 2 ** 48 - 1))
    expect(firstIdAt('job', 8.64e15) > id).toBe(true)
  })
})

describe('the shard in an id', () => {
  it('is read back, and is 0 for an id without one', () => {
    for (const shard of [0, 1, 7, 31, 32, 1023]) {
      const id = newId('job', shard)
      expect(id).toMatch(/^job_[0-7][0-9a-hjkmnp-tv-z]{25}$/)
      expect(shardOf(id)).toBe(shard)
    }
    expect(shardOf(newId('job'))).toBe(0)
    expect(shardOf('')).toBe(0)
  })

  it('does not change the order of ids', () => {
    const ids = Array.from({ length: 500 }, (_, index) => {
      // The clock of the ids does not go back.
      vi.setSystemTime(createdAt + 10 * 24 * 60 * 60_000 + index)
      return newId('job', 1023 - index)
    })
    expect([...ids].sort()).toEqual(ids)
  })
})
