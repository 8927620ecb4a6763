import { describe, expect, it } from 'vitest'
import { endOfMonth, mayCostMicros, monthOf, spentMicros } from '../../../src/core/job/spending.ts'

type Job = Parameters<typeof spentMicros>[0]
type Task = Parameters<typeof spentMicros>[1][number]

const job: Job = {
  provider: 'runware',
  request: { count: 2 },
  estimates: { runware: { amount_usd: 0.4, source: 'price_table' } },
  settledAt: 1,
  damaged: [],
  reservedMicros: 500_000,
}

function aTask(overrides: Partial<Task>): Task {
  return {
    provider: 'runware',
    wanted: 1,
    status: 'submitted',
    endedAt: 1,
    unknownAt: null,
    cost: null,
    fault: null,
    ...overrides,
  }
}

describe('what a job has cost', () => {
  it('is the sum of the costs of its tasks', () => {
    const cost = { amount_usd: 0.11, source: 'provider' } as const
    expect(spentMicros(job, [aTask({ cost }), aTask({ cost })])).toBe(220_000)
  })

  it('is nothing if nothing was bought', () => {
    expect(spentMicros(job, [aTask({ status: 'rejected' })])).toBe(0)
  })

  it('has the share of the estimate for each task that may be billed', () => {
    const cost = { amount_usd: 0.11, source: 'provider' } as const
    expect(spentMicros(job, [aTask({ cost }), aTask({ status: 'unknown' })])).toBe(310_000)
  })

  it('has the share of the estimate for a cost in credits alone', () => {
    const cost = { credits: 9, source: 'provider' } as const
    expect(spentMicros(job, [aTask({ cost })])).toBe(200_000)
  })

  it('has the share of the reserved amount at a provider without an estimate', () => {
    expect(spentMicros(job, [aTask({ provider: 'crun' })])).toBe(250_000)
  })

  it('is the reserved amount if the row is damaged and something was bought', () => {
    const damaged = { ...job, damaged: ['estimates'] }
    expect(spentMicros(damaged, [aTask({})])).toBe(500_000)
    expect(spentMicros(damaged, [])).toBe(0)
  })
})

it('a job may cost the largest estimate, and twice that if it may be bought twice', () => {
  const estimates = {
    ...job.estimates,
    crun: { credits: 3, amount_usd: 0.7, source: 'price_table' },
  } as const
  expect(mayCostMicros(estimates, { resubmit_unknown: false })).toBe(700_000)
  expect(mayCostMicros(estimates, { resubmit_unknown: true })).toBe(1_400_000)
})

it('a month is a calendar month in UTC', () => {
  const last = Date.UTC(2026, 11, 31, 23, 59, 59, 999)
  expect([monthOf(last), monthOf(last + 1)]).toEqual(['2026-12', '2027-01'])
  expect(endOfMonth(last)).toBe(last + 1)
})
