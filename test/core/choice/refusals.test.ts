/** When a provider is tried last, and for how long. */
import { describe, expect, it } from 'vitest'
import {
  mergedByProvider,
  minRefusedJobs,
  type RefusalStreak,
  refusalScopeOf,
  triedLast,
  triedLastMs,
} from '../../../src/core/choice/refusals.ts'
import { type FaultCode, faultCodes } from '../../../src/core/fault-codes.ts'

function aStreak(overrides: Partial<RefusalStreak> = {}): RefusalStreak {
  return {
    provider: 'runware',
    model: null,
    firstAt: 1_000,
    lastAt: 60_000,
    jobs: minRefusedJobs,
    fault: 'auth',
    ...overrides,
  }
}

describe('a streak of refusals', () => {
  it('lets its provider be tried last until some minutes after its latest refusal', () => {
    const untilMs = 60_000 + triedLastMs
    const found = [{ provider: 'runware', model: null, sinceMs: 1_000, untilMs, fault: 'auth' }]
    expect(triedLast([aStreak()], untilMs - 1)).toEqual(found)
    expect(triedLast([aStreak()], untilMs)).toEqual([])
  })

  it('of fewer jobs changes nothing', () => {
    expect(triedLast([aStreak({ jobs: minRefusedJobs - 1 })], 60_000)).toEqual([])
  })

  it('in several databases is shown once: from the first refusal to the last end', () => {
    const streaks = [
      aStreak({ firstAt: 500 }),
      aStreak({ lastAt: 90_000, fault: 'unavailable' }),
      aStreak({ provider: 'crun' }),
    ]
    expect(mergedByProvider(triedLast(streaks, 90_000))).toMatchObject([
      { provider: 'crun' },
      { provider: 'runware', sinceMs: 500, untilMs: 90_000 + triedLastMs, fault: 'unavailable' },
    ])
  })
})

it('only trouble of a provider or of the account counts, and missing access to a model for that model', () => {
  const counted = faultCodes.flatMap((code): [FaultCode, string][] => {
    const scope = refusalScopeOf(code)
    return scope === null ? [] : [[code, scope]]
  })
  expect(Object.fromEntries(counted)).toEqual({
    auth: 'provider',
    out_of_credit: 'provider',
    not_entitled: 'model',
    maintenance: 'provider',
    unavailable: 'provider',
  })
})
