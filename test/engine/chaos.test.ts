/** `npm run chaos`, briefly and in the tests' own runtime: the same faults, deaths and laws. */
import { expect, it } from 'vitest'
import { judge } from '../chaos/laws.ts'
import { liveThrough } from '../support/storm.ts'

it.each([1])('every law holds through a storm (seed %i)', { timeout: 120_000 }, async (seed) => {
  const { evidence, storm } = await liveThrough(seed, 8)
  const laws = await judge(evidence)
  expect(laws.flatMap(({ says, breaches }) => breaches.map((breach) => `${says}: ${breach}`))).toEqual([])
  expect(evidence.cases).toHaveLength(40)
  expect(storm.missed()).toEqual([])
})
