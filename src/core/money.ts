/** What a task cost, in the only unit its provider tells: US dollars or the provider's credits. */
import { z } from 'zod'

export const costSchema = z.union([
  z.object({ amount_usd: z.number(), source: z.literal('provider') }),
  z.object({ credits: z.number(), source: z.literal('provider') }),
])

export type Cost = z.infer<typeof costSchema>

/** The sum of the costs of one provider's tasks; null while none is known. */
export function addCosts(costs: readonly (Cost | null)[]): Cost | null {
  const known = costs.filter((cost) => cost !== null)
  const usd = known.flatMap((cost) => ('amount_usd' in cost ? [cost.amount_usd] : []))
  const credits = known.flatMap((cost) => ('credits' in cost ? [cost.credits] : []))
  if (usd.length > 0) return { amount_usd: sum(usd), source: 'provider' }
  if (credits.length > 0) return { credits: sum(credits), source: 'provider' }
  return null
}

// A ten-thousandth of a cent: below it, binary fractions of dollars add noise, not money.
function sum(amounts: readonly number[]): number {
  return Math.round(amounts.reduce((total, amount) => total + amount, 0) * 1e6) / 1e6
}
