/** Chance that can be had again: the same seed draws the same numbers in the same order. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

export interface Chance {
  /** A whole number from 0, less than `end`. */
  below(end: number): number
  happens(chance: number): boolean
  oneOf<T>(list: readonly T[]): T
  /** At most one of the rows, each as often as it says; what is left of 1 is none. */
  rowOf<T extends { chance: number }>(rows: readonly T[]): T | undefined
}

export function seededChance(seed: number): Chance {
  const generator = xoroshiro128plus(seed)
  const draw = () => uniformFloat64(generator)
  const below = (end: number) => Math.floor(draw() * end)
  return {
    below,
    happens: (chance) => draw() < chance,
    oneOf(list) {
      const picked = list[below(list.length)]
      if (picked === undefined) throw new Error('there is nothing to pick from')
      return picked
    },
    rowOf(rows) {
      let left = draw()
      return rows.find(({ chance }) => {
        left -= chance
        return left < 0
      })
    },
  }
}
