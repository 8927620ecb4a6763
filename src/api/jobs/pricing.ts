/** The prices of the candidates, their order, and the reasons of those that cost too much. */
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import { type Known, nothingKnown, ordered, orderedByPrice } from '../../core/choice/order.ts'
import type { Cost, Estimates } from '../../core/cost.ts'
import type { Result } from '../../core/fault.ts'
import type { KnownMetadata } from '../../core/request/media.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import { selectionOf } from '../../core/request/selection.ts'
import type { Reason } from '../../providers/provider.ts'
import { knownAt } from '../../store/choice/known.ts'
import { type Candidate, candidatesFor, isEligible } from './candidates.ts'
import { type EstimatePurpose, estimate, isComputed, limitFault } from './estimate.ts'

/** A valid request. */
export interface Asked {
  request: PostedRequest
  metadata: KnownMetadata
  /** The database whose measured times and refusals count: that of the new job. */
  shard: number
}

export function estimatesOf(eligible: readonly Candidate[]): Estimates {
  return Object.fromEntries(eligible.flatMap(({ name, cost }) => (cost?.ok ? [[name, cost.value]] : [])))
}

export function purposeOf(
  request: PostedRequest,
  { monthlyBudgetMicros }: Pick<Caller, 'monthlyBudgetMicros'>,
): EstimatePurpose {
  if (monthlyBudgetMicros !== null) return 'budget'
  return request.provider === 'cheapest' || request.max_cost_usd !== undefined ? 'decision' : 'information'
}

/**
 * Every candidate, in the order of preference. For information alone no price is asked for but that of the first eligible one;
 * a price that is known without a call is that of a failover to a provider that reports no cost.
 */
export async function priceCandidates(
  context: Context,
  asked: Asked,
  purpose: EstimatePurpose,
): Promise<{ candidates: Candidate[]; known: Known }> {
  const { request } = asked
  const found = candidatesFor(context, request, asked.metadata)
  const selection = selectionOf(request)
  // An order that the caller has named is not changed, and one provider has none.
  const isOrdered = selection !== null && found.filter(isEligible).length > 1
  const known = isOrdered ? await knownAt(context, asked.shard) : nothingKnown
  const candidates = selection === null ? found : ordered(found, selection, known, request)
  const priced = await priceAll(context, candidates, request, purpose)
  return {
    candidates: selection === 'cheapest' ? orderedByPrice(priced, usdOf, known, request) : priced,
    known,
  }
}

/** With their prices, in the same order. */
export async function priceAll(
  context: Context,
  candidates: readonly Candidate[],
  request: PostedRequest,
  purpose: EstimatePurpose,
): Promise<Candidate[]> {
  const firstEligible = candidates.find(isEligible)
  return Promise.all(
    candidates.map(async (candidate): Promise<Candidate> => {
      if (!isEligible(candidate)) return withPriceReasons(context, candidate, request)
      const isPriced = purpose !== 'information' || candidate === firstEligible
      if (!isPriced && !isComputed(candidate.provider, request)) return candidate
      const cost = await estimate(context, candidate.provider, request, purpose)
      return { ...candidate, cost, reasons: costReasons(cost, request, purpose) }
    }),
  )
}

/** The price of one that cannot run the request may be a further reason, if no call is needed to know it. */
async function withPriceReasons(
  context: Context,
  candidate: Candidate,
  request: PostedRequest,
): Promise<Candidate> {
  const { provider, reasons } = candidate
  if (provider === undefined || !isComputed(provider, request)) return candidate
  const cost = await estimate(context, provider, request, 'information')
  return cost.ok
    ? { ...candidate, reasons: [...reasons, ...costReasons(cost, request, 'decision')] }
    : candidate
}

function costReasons(
  cost: Result<Cost>,
  { max_cost_usd }: PostedRequest,
  purpose: EstimatePurpose,
): Reason[] {
  const tooDear = max_cost_usd === undefined ? null : limitFault(cost, max_cost_usd)
  // A budget counts in US dollars.
  const unpriced = purpose === 'budget' ? limitFault(cost, Number.POSITIVE_INFINITY) : null
  return [
    ...(tooDear === null ? [] : [{ path: 'max_cost_usd', message: tooDear }]),
    ...(unpriced === null
      ? []
      : [{ path: 'monthly_budget_usd', message: `the API key has a budget, and ${unpriced}` }]),
  ]
}

function usdOf({ cost }: Candidate): number | undefined {
  return cost?.ok ? cost.value.amount_usd : undefined
}
