/** Which costs the statistics add up. */
import { describe, expect, it } from 'vitest'
import type { Cost, Estimates } from '../../../src/core/cost.ts'
import { countsOf } from '../../../src/core/job/counts.ts'

function costsOf(estimates: Estimates, cost: Cost | null, status: 'succeeded' | 'failed' = 'succeeded') {
  const job = {
    provider: 'fal',
    status,
    request: { resolution: '480p', count: 2 },
    estimates,
    fault: null,
    createdAt: 0,
    settledAt: 60_000,
  } as const
  const task = {
    provider: 'fal',
    status,
    wanted: 1,
    completedVia: 'webhook',
    intendedAt: 0,
    unknownAt: null,
    endedAt: 60_000,
    cost,
    fault: null,
  } as const
  const counts = countsOf({ job, tasks: [task, task], webhooks: [] }).get('fal') ?? {}
  return { usd: counts.usd, credits: counts.credits, unreported: counts.unreported }
}

describe('the costs of the statistics', () => {
  it.each([
    ['what the provider reports', {}, { amount_usd: 0.25, source: 'provider' }, { usd: 0.5 }],
    [
      'credits and dollars',
      {},
      { credits: 15, amount_usd: 0.25, source: 'provider' },
      { usd: 0.5, credits: 30 },
    ],
    ['the published price of each task', {}, { amount_usd: 0.25, source: 'price_table' }, { usd: 0.5 }],
    [
      'the published price of the job, if no task has one',
      { fal: { amount_usd: 0.72, source: 'price_table' } },
      null,
      { usd: 0.72 },
    ],
    ['no estimate', { fal: { amount_usd: 0.72, source: 'provider_estimate' } }, null, { unreported: 2 }],
    ['nothing that is unknown', {}, null, { unreported: 2 }],
  ] satisfies [string, Estimates, Cost | null, object][])('are %s', (_, estimates, cost, expected) => {
    expect(costsOf(estimates, cost)).toEqual({
      unreported: undefined,
      usd: undefined,
      credits: undefined,
      ...expected,
    })
  })

  it('are not those of failed tasks without a bill', () => {
    const estimates: Estimates = { fal: { amount_usd: 0.72, source: 'price_table' } }
    expect(costsOf(estimates, null, 'failed')).toEqual({})
  })
})
