/** What a video costs, in the units in which it is known: US dollars, the provider's own credits, or both. */
import { z } from 'zod'
import { providerNames } from './request.ts'

/** Who says so: the provider of what it took, the provider beforehand, or the table of its published prices. */
const source = z.enum(['provider', 'provider_estimate', 'price_table'])

export const costSchema = z.union([
  z.object({ credits: z.number(), amount_usd: z.number().optional(), source }),
  z.object({ amount_usd: z.number(), source }),
])

export type Cost = z.infer<typeof costSchema>

export const estimatesSchema = z.partialRecord(z.enum(providerNames), costSchema)

/** Provider → what the whole job would cost there. Who is not in it was not asked, or named no price. */
export type Estimates = z.infer<typeof estimatesSchema>

/** The sum of the costs of one provider's tasks; null while none is known. */
export function addCosts(costs: readonly (Cost | null)[]): Cost | null {
  const known = costs.filter((cost) => cost !== null)
  const [first] = known
  if (first === undefined) return null
  const credits = known.flatMap((cost) => ('credits' in cost ? [cost.credits] : []))
  const dollars = known.flatMap(({ amount_usd }) => amount_usd ?? [])
  const amount = dollars.length > 0 && { amount_usd: sum(dollars) }
  if (credits.length > 0) return { credits: sum(credits), ...amount, source: first.source }
  return { amount_usd: sum(dollars), source: first.source }
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
