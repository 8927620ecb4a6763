/** What a video costs, in the units in which it is known: US dollars, the provider's own credits, or both. */
import { z } from 'zod'
import { providerNames } from './request/request.ts'

/** Who says so: the provider of what it took, the provider beforehand, or the table of its published prices. */
const sources = ['provider', 'provider_estimate', 'price_table'] as const
const source = z.enum(sources)

export const costSchema = z.union([
  z.object({ credits: z.number(), amount_usd: z.number().optional(), source }),
  z.object({ amount_usd: z.number(), source }),
])

export type Cost = z.infer<typeof costSchema>

export const estimatesSchema = z.partialRecord(z.enum(providerNames), costSchema)

/** Provider → what the whole job would cost there. Who is not in it was not asked, or named no price. */
export type Estimates = z.infer<typeof estimatesSchema>

/**
 * The sum of all of these; null where one is not known, or where they have no unit in common: a sum never leaves
 * anything out. It is as sure as the least sure of its parts.
 */
export function addCosts(costs: readonly (Cost | null)[]): Cost | null {
  const known = costs.filter((cost) => cost !== null)
  if (known.length === 0 || known.length < costs.length) return null
  const source = sources.findLast((name) => known.some((cost) => cost.source === name)) ?? 'price_table'
  const credits = known.flatMap((cost) => ('credits' in cost ? [cost.credits] : []))
  const dollars = known.flatMap(({ amount_usd }) => amount_usd ?? [])
  const amount = dollars.length === known.length && { amount_usd: sum(dollars) }
  if (credits.length === known.length) return { credits: sum(credits), ...amount, source }
  return amount ? { ...amount, source } : null
}

/** What `wanted` of `count` of the same cost, not rounded: only a sum is. */
export function shareOfCost(cost: Cost, wanted: number, count: number): Cost {
  const part = (amount: number) => (amount * wanted) / count
  const amount = cost.amount_usd !== undefined && { amount_usd: part(cost.amount_usd) }
  if ('credits' in cost) return { ...cost, credits: part(cost.credits), ...amount }
  return { ...cost, amount_usd: part(cost.amount_usd) }
}

/** The cost of `count` of the same. */
export function timesCost(cost: Cost, count: number): Cost {
  return addCosts(Array(count).fill(cost)) ?? cost
}

/** The same cost with its credits told in dollars, too. */
export function inDollars(cost: Cost, usdPerCredit: number): Cost {
  if (cost.amount_usd !== undefined || !('credits' in cost)) return cost
  return { ...cost, amount_usd: sum([cost.credits * usdPerCredit]) }
}

// A ten-thousandth of a cent: below it, binary fractions of dollars add noise, not money.
function sum(amounts: readonly number[]): number {
  return Math.round(amounts.reduce((total, amount) => total + amount, 0) * 1e6) / 1e6
}
