import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../../src/core/http/retry-after.ts'

const now = Date.UTC(2026, 0, 1, 12)
const waitOf = (value: string) => retryAfterMs(new Headers({ 'retry-after': value }), now)

describe('happy', () => {
  it.each([
    ['0', 0],
    ['1', 1_000],
    ['120', 120_000],
    [' 30 ', 30_000],
    ['Thu, 01 Jan 2026 12:01:00 GMT', 60_000],
    ['Thursday, 01-Jan-26 12:01:00 GMT', 60_000],
  ])('waits as long as %s requests', (value, waitMs) => {
    expect(waitOf(value)).toBe(waitMs)
  })

  it('does not wait for a time that has passed', () => {
    expect(waitOf('Thu, 01 Jan 2026 11:59:00 GMT')).toBe(0)
  })

  it('requests nothing without the header', () => {
    expect(retryAfterMs(new Headers(), now)).toBeUndefined()
  })
})

describe('hostile', () => {
  it.each(['', 'soon', '-5', '1.5', '+5', '5 minutes', 'NaN', '0x10'])('ignores %j', (value) => {
    expect(waitOf(value)).toBeUndefined()
  })

  it.each([
    ['a number that overflows to infinity', '9'.repeat(400)],
    ['the last possible date', 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ])('limits the wait for %s to a number that survives JSON', (_, value) => {
    const waitMs = waitOf(value)
    expect(JSON.parse(JSON.stringify({ waitMs }))).toEqual({ waitMs })
  })

  it('returns a finite wait or nothing for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.nat().map(String), fc.stringMatching(/^\d{1,400}$/)), (value) => {
        fc.pre(/^[\x20-\x7e]*$/.test(value))
        const waitMs = waitOf(value) ?? 0
        expect(Number.isFinite(waitMs) && waitMs >= 0).toBe(true)
      }),
    )
  })
})
