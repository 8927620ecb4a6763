/** A rule for a kind of thing, and every case that broke it. */
export interface Law {
  /** The law itself, as a sentence. */
  name: string
  /** How many things it was checked against. */
  checked: number
  breaches: string[]
}

/** `faultsOf` returns one text per breach. */
export function forEach<T extends { id: string }>(
  name: string,
  things: readonly T[],
  faultsOf: (thing: T) => string[],
): Law {
  const breaches = things.flatMap((thing) => faultsOf(thing).map((fault) => `${thing.id}: ${fault}`))
  return { name, checked: things.length, breaches }
}
