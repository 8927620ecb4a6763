/** A law, held against everything that it is about. */
export interface Law {
  says: string
  /** How many things it was held against. */
  checked: number
  breaches: string[]
}

/** What is said of one thing is a breach. */
export function each<T extends { id: string }>(
  says: string,
  things: readonly T[],
  complain: (thing: T) => string[],
): Law {
  const breaches = things.flatMap((thing) => complain(thing).map((what) => `${thing.id}: ${what}`))
  return { says, checked: things.length, breaches }
}
