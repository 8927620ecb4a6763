import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countShards,
  databaseBindings,
  shardCounts,
  shardsAtRandom,
  shardsOfKey,
} from '../../src/core/shards.ts'

const hashes = fc.nat(2 ** 32 - 1)

function bound(count: number): object {
  return Object.fromEntries(databaseBindings.slice(0, count).map((name) => [name, {}]))
}

describe('the shards of an Idempotency-Key', () => {
  it('contain every shard that the key had before the number of shards grew', () => {
    fc.assert(
      fc.property(
        hashes,
        fc.constantFrom(...shardCounts),
        fc.constantFrom(...shardCounts),
        (hash, one, other) => {
          const [before, after] = [Math.min(one, other), Math.max(one, other)]
          expect(shardsOfKey(hash, after)).toEqual(expect.arrayContaining(shardsOfKey(hash, before)))
        },
      ),
    )
  })

  it('begin with its home, which spreads keys evenly', () => {
    for (const count of shardCounts) {
      const homes = Array.from({ length: count }, (_, hash) => shardsOfKey(hash, count)[0])
      expect(new Set(homes).size).toBe(count)
    }
  })

  it('are one more for each doubling, so there is another one when a database is full', () => {
    fc.assert(
      fc.property(hashes, (hash) => {
        const sizes = shardCounts.map((count) => shardsOfKey(hash, count).length)
        expect(sizes).toEqual([1, 2, 3, 4])
        expect(shardsOfKey(hash, 8).every((shard) => shard >= 0 && shard < 8)).toBe(true)
      }),
    )
  })
})

describe('the shards of a job without an Idempotency-Key', () => {
  it('are all shards, each as often first', () => {
    expect(shardsAtRandom(0, 1)).toEqual([0])
    expect(shardsAtRandom(0, 4)).toEqual([0, 1, 2, 3])
    expect(shardsAtRandom(0.999, 4)).toEqual([3, 0, 1, 2])
    expect([0, 0.25, 0.5, 0.75].map((chance) => shardsAtRandom(chance, 4)[0])).toEqual([0, 1, 2, 3])
  })
})

describe('the bound databases', () => {
  it.each(shardCounts)('may be %i', (count) => {
    expect(countShards(bound(count))).toEqual({ ok: true, count })
  })

  it.each([3, 5, 6, 7])('may not be %i', (count) => {
    expect(countShards(bound(count))).toMatchObject({ ok: false })
  })

  it('may not have a gap', () => {
    expect(countShards({ DB: {}, DB_1: {}, DB_2: {}, DB_4: {} })).toMatchObject({ ok: false })
  })
})
