import fc from 'fast-check'
import { expect, it } from 'vitest'
import { maxWaitSeconds, untilNextLookMs, watchIntervalMs } from '../../../src/core/schedule/watch.ts'

/** The looks of a client that comes at this moment and waits as long as it may, at a job that does not change. */
function looksOf(startMs: number, chances: number[]): number {
  const limitMs = maxWaitSeconds * 1_000
  let elapsedMs = 0
  let looks = 0
  while (elapsedMs < limitMs) {
    const chance = chances[looks % chances.length] ?? 0
    const untilLookMs = untilNextLookMs(startMs + elapsedMs, watchIntervalMs(elapsedMs), chance)
    elapsedMs += Math.min(limitMs - elapsedMs, untilLookMs)
    looks += 1
  }
  return looks
}

const chances = fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { minLength: 1, maxLength: 30 })

it('a client that waits for a minute looks 26 to 29 times, at whatever moment it comes', () => {
  fc.assert(
    fc.property(fc.nat(20_000), chances, (startMs, drawn) => {
      const looks = looksOf(startMs, drawn)
      expect(looks).toBeGreaterThanOrEqual(26)
      expect(looks).toBeLessThanOrEqual(29)
    }),
    { numRuns: 2_000 },
  )
  expect(looksOf(0, [0])).toBe(26)
})
