/** The cost of a video, in the units in which it is known: US dollars, the provider's credits, or both. */
import { z } from 'zod'
import { providerNames } from './request/choices.ts'

/** From most to least certain: the provider's charge, the provider's estimate, the table of published prices. */
const sources = ['provider', 'provider_estimate', 'price_table'] as const
const source = z.enum(sources)

export const costSchema = z.union([
  z.object({ credits: z.number(), amount_usd: z.number().optional(), source }),
  z.object({ amount_usd: z.number(), source }),
])

export type Cost = z.infer<typeof costSchema>

export const estimatesSchema = z.partialRecord(z.enum(providerNames), costSchema)

/** Provider → the estimate for the whole job there. A missing provider was not asked, or gave no price. */
export type Estimates = z.infer<typeof estimatesSchema>

/**
 * The sum of the costs. Null if one is unknown, or if they share no unit: a sum never omits a part. Its source is the
 * least certain source of its parts.
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

/** The cost of `wanted` out of `count` equal outputs. It is not rounded; only sums are. */
export function shareOfCost(cost: Cost, wanted: number, count: number): Cost {
  const part = (amount: number) => (amount * wanted) / count
  const amount = cost.amount_usd !== undefined && { amount_usd: part(cost.amount_usd) }
  if ('credits' in cost) return { ...cost, credits: part(cost.credits), ...amount }
  return { ...cost, amount_usd: part(cost.amount_usd) }
}

/** The cost of `count` equal outputs. */
export function timesCost(cost: Cost, count: number): Cost {
  return addCosts(Array(count).fill(cost)) ?? cost
}

/** The same cost with its credits converted to dollars, too. */
export function inDollars(cost: Cost, usdPerCredit: number): Cost {
  if (cost.amount_usd !== undefined || !('credits' in cost)) return cost
  return { ...cost, amount_usd: sum([cost.credits * usdPerCredit]) }
}

// Rounded to a ten-thousandth of a cent: smaller digits are noise of binary fractions.
function sum(amounts: readonly number[]): number {
  return Math.round(amounts.reduce((total, amount) => total + amount, 0) * 1e6) / 1e6
}
