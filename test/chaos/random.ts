/** Repeatable randomness: the same seed draws the same numbers in the same order. */
export interface Random {
  /** A whole number from 0, less than `end`. */
  below(end: number): number
  happens(chance: number): boolean
  oneOf<T>(list: readonly T[]): T
  /** At most one of the rows, each with its own chance; none for the rest of 1. */
  rowOf<T extends { chance: number }>(rows: readonly T[]): T | undefined
}

export function seededRandom(seed: number): Random {
  const draw = mulberry32(seed)
  const below = (end: number) => Math.floor(draw() * end)
  return {
    below,
    happens: (chance) => draw() < chance,
    oneOf(list) {
      const picked = list[below(list.length)]
      if (picked === undefined) throw new Error('The list is empty.')
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

/** Tommy Ettinger's Mulberry32: numbers from 0, less than 1, with 32 bits of state. */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
