/** Chooses the providers of a request, their order and their prices; or lists every reason why none can run it. */
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import type { ProviderChoice } from '../../core/choice/choice.ts'
import { type Known, nothingKnown, ordered, orderedByPrice, reasonOf } from '../../core/choice/order.ts'
import type { Cost, Estimates } from '../../core/cost.ts'
import type { Result } from '../../core/fault.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import type { KnownMetadata } from '../../core/request/media.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import { selectionOf } from '../../core/request/selection.ts'
import type { Reason } from '../../providers/provider.ts'
import { knownAt } from '../../store/choice/known.ts'
import type { FieldFault } from '../problems.ts'
import { allReasons, type Candidate, candidatesFor, isEligible } from './candidates.ts'
import { type EstimatePurpose, estimate, isComputed, limitFault } from './estimate.ts'
import { validateRequest } from './validate.ts'

export interface NewJob {
  request: PostedRequest
  retryOf: string | null
}

/** A valid request. */
export interface Asked {
  request: PostedRequest
  metadata: KnownMetadata
  /** The database whose measured times and refusals count: that of the new job. */
  shard: number
}

export type Choice =
  | {
      ok: true
      providers: ProviderName[]
      /** Why they have this order. */
      reason: ProviderChoice
      estimates: Estimates
      warnings: FieldFault[]
      metadata: KnownMetadata
    }
  | { ok: false; code: 'invalid_request' | 'no_provider'; errors: FieldFault[] }

export async function chooseProviders(
  context: Context,
  caller: Caller,
  { request, retryOf }: NewJob,
  shard: number,
): Promise<Choice> {
  const { faults, metadata } = await validateRequest(context, caller, { part: request, retryOf })
  if (faults.length > 0) return { ok: false, code: 'invalid_request', errors: faults }
  const asked = { request, metadata, shard }
  const { candidates, known } = await priceCandidates(context, asked, purposeOf(request, caller))
  const eligible = candidates.filter(isEligible)
  const [first] = eligible
  if (first === undefined) return { ok: false, code: 'no_provider', errors: allReasons(candidates) }
  const providers = eligible.map(({ name }) => name)
  return {
    ok: true,
    providers,
    reason: reasonOf(providers, known, request),
    estimates: estimatesOf(eligible),
    warnings: first.provider.warn(request),
    metadata,
  }
}

export function estimatesOf(eligible: readonly Candidate[]): Estimates {
  return Object.fromEntries(eligible.flatMap(({ name, cost }) => (cost?.ok ? [[name, cost.value]] : [])))
}

function purposeOf(request: PostedRequest, { monthlyBudgetMicros }: Caller): EstimatePurpose {
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
  const firstEligible = candidates.find(isEligible)
  const priced = await Promise.all(
    candidates.map(async (candidate): Promise<Candidate> => {
      if (!isEligible(candidate)) return candidate
      const isPriced = purpose !== 'information' || candidate === firstEligible
      if (!isPriced && !isComputed(candidate.provider, request)) return candidate
      const cost = await estimate(context, candidate.provider, request, purpose)
      return { ...candidate, cost, reasons: costReasons(cost, request, purpose) }
    }),
  )
  return {
    candidates: selection === 'cheapest' ? orderedByPrice(priced, usdOf, known, request) : priced,
    known,
  }
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
