import { describe, expect, it } from 'vitest'
import { addCosts, costSchema, inDollars, shareOfCost, timesCost } from '../../src/core/cost.ts'

const usd = (amount: number) => ({ amount_usd: amount, source: 'provider' as const })
const credits = (amount: number) => ({ credits: amount, source: 'provider' as const })

describe('happy', () => {
  it.each([
    ['dollars', [usd(0.18), usd(0.36)], usd(0.54)],
    ['credits', [credits(38), credits(4)], credits(42)],
    ['a cost of zero', [usd(0)], usd(0)],
    ['refunded credits', [credits(0), credits(40)], credits(40)],
  ])('adds %s', (_, costs, sum) => {
    expect(addCosts(costs)).toEqual(sum)
  })

  it('has no sum while a cost is unknown', () => {
    expect(addCosts([])).toBeNull()
    expect(addCosts([null, null])).toBeNull()
    expect(addCosts([null, usd(0.18)])).toBeNull()
  })

  it('has no sum of costs without a common unit, and omits a unit that one cost lacks', () => {
    expect(addCosts([usd(0.18), credits(4)])).toBeNull()
    expect(addCosts([{ ...usd(0.18), credits: 4 }, credits(4)])).toEqual(credits(8))
  })

  it('gives a sum the least certain source of its parts', () => {
    const table = { amount_usd: 0.1, source: 'price_table' as const }
    const estimate = { amount_usd: 0.1, source: 'provider_estimate' as const }
    expect(addCosts([usd(0.1), estimate])?.source).toBe('provider_estimate')
    expect(addCosts([usd(0.1), table, estimate])?.source).toBe('price_table')
  })

  it('shares an estimate among tasks without a rounding loss', () => {
    const shares = [1, 2, 3].map(() => shareOfCost(usd(0.1), 1, 3))
    expect(addCosts(shares)).toEqual(usd(0.1))
  })

  it('adds money without the rounding noise of binary fractions', () => {
    expect(addCosts([usd(0.1), usd(0.2)])).toEqual(usd(0.3))
    expect(addCosts(Array(10).fill(usd(0.036)))).toEqual(usd(0.36))
    expect(addCosts([usd(0.123_456_7)])).toEqual(usd(0.123_457))
  })
})

describe('happy, in both units', () => {
  const both = { credits: 40, amount_usd: 0.2, source: 'provider' as const }

  it('adds credits and dollars side by side', () => {
    expect(addCosts([both, both])).toEqual({ credits: 80, amount_usd: 0.4, source: 'provider' })
  })

  it('multiplies the cost of one output', () => {
    expect(timesCost({ credits: 12.5, source: 'provider_estimate' }, 4)).toEqual({
      credits: 50,
      source: 'provider_estimate',
    })
    expect(timesCost({ amount_usd: 0.1, source: 'price_table' }, 3)).toEqual({
      amount_usd: 0.3,
      source: 'price_table',
    })
  })

  it('converts credits to dollars, and keeps an amount in dollars', () => {
    expect(inDollars(credits(40), 0.005)).toEqual(both)
    expect(inDollars(usd(0.3), 0.005)).toEqual(usd(0.3))
    expect(inDollars(both, 9)).toEqual(both)
  })

  it('survives storage as JSON unchanged', () => {
    for (const cost of [both, usd(0.3), credits(4)])
      expect(costSchema.parse(JSON.parse(JSON.stringify(cost)))).toEqual(cost)
  })
})

describe('refused', () => {
  it.each([{}, { amount_usd: '1', source: 'provider' }, { credits: 1 }, { amount_usd: 1, source: 'guess' }])(
    'does not accept %j as a cost',
    (cost) => {
      expect(costSchema.safeParse(cost).success).toBe(false)
    },
  )
})
