/** When a state changes: only after several checks in a row say so. No I/O. No clock. */
import type { Condition } from './conditions/condition.ts'

const checksToRaise = 2
const checksToClear = 5

export interface Judged {
  isRaised: boolean
  /** How many checks in a row said the opposite of `isRaised`. */
  opposed: number
}

/** Between the two limits nothing changes: the value of a raised state counts as raised, that of another one does not. */
export function judge(
  { isRaised, opposed }: Judged,
  value: number,
  { raiseAt, clearBelow }: Pick<Condition, 'raiseAt' | 'clearBelow'>,
): Judged {
  const isOpposed = isRaised ? value < clearBelow : value >= raiseAt
  if (!isOpposed) return { isRaised, opposed: 0 }
  const needed = isRaised ? checksToClear : checksToRaise
  return opposed + 1 < needed ? { isRaised, opposed: opposed + 1 } : { isRaised: !isRaised, opposed: 0 }
}
