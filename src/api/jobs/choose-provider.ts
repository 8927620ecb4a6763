/** Chooses the providers of a request, their order and their prices; or lists every reason why none can run it. */
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import type { ProviderChoice } from '../../core/choice/choice.ts'
import { type Known, nothingKnown, ordered, orderedByPrice, reasonOf } from '../../core/choice/order.ts'
import type { Cost, Estimates } from '../../core/cost.ts'
import type { Result } from '../../core/fault.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { isDataUri, type KnownMetadata, mapMedia } from '../../core/request/media.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import { namedIn, selectionOf } from '../../core/request/selection.ts'
import { selectableProviders } from '../../providers/index.ts'
import { mediaLimitFaults } from '../../providers/media-limits.ts'
import type { Provider, Reason } from '../../providers/provider.ts'
import { knownAt } from '../../store/choice/known.ts'
import type { FieldFault } from '../problems.ts'
import { type EstimatePurpose, estimate, limitFault } from './estimate.ts'
import { validateRequest } from './validate.ts'

export interface NewJob {
  request: PostedRequest
  retryOf: string | null
}

/** A provider that the request names, or that a selection considers. */
export interface Candidate {
  name: ProviderName
  provider: Provider | undefined
  /** Why it cannot run this request; empty if it can. */
  reasons: Reason[]
  /** Null: not estimated. */
  cost: Result<Cost> | null
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
  const validation = await validateRequest(context, caller, request, retryOf)
  if (!validation.ok) return { ok: false, code: 'invalid_request', errors: validation.faults }
  const { metadata } = validation
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
    estimates: Object.fromEntries(
      eligible.flatMap(({ name, cost }) => (cost?.ok ? [[name, cost.value]] : [])),
    ),
    warnings: first.provider.warn(request),
    metadata,
  }
}

function purposeOf(request: PostedRequest, { monthlyBudgetMicros }: Caller): EstimatePurpose {
  if (monthlyBudgetMicros !== null) return 'budget'
  return request.provider === 'cheapest' || request.max_cost_usd !== undefined ? 'decision' : 'information'
}

/** Every candidate, in the order of preference. Prices all of them for a decision, else only the first eligible one. */
export async function priceCandidates(
  context: Context,
  asked: Asked,
  purpose: EstimatePurpose,
): Promise<{ candidates: Candidate[]; known: Known }> {
  const { request } = asked
  const found = candidatesFor(context, asked)
  const selection = selectionOf(request)
  // An order that the caller has named is not changed, and one provider has none.
  const isOrdered = selection !== null && found.filter(isEligible).length > 1
  const known = isOrdered ? await knownAt(context, asked.shard) : nothingKnown
  const candidates = selection === null ? found : ordered(found, selection, known, request)
  const firstEligible = candidates.find(isEligible)
  const priced = await Promise.all(
    candidates.map(async (candidate): Promise<Candidate> => {
      const isPriced = purpose !== 'information' || candidate === firstEligible
      if (!isPriced || !isEligible(candidate)) return candidate
      const cost = await estimate(context, candidate.provider, request, purpose)
      return { ...candidate, cost, reasons: costReasons(cost, request, purpose) }
    }),
  )
  return {
    candidates: selection === 'cheapest' ? orderedByPrice(priced, usdOf, known, request) : priced,
    known,
  }
}

export function isEligible(candidate: Candidate): candidate is Candidate & { provider: Provider } {
  return candidate.provider !== undefined && candidate.reasons.length === 0
}

function candidatesFor({ config, providers }: Context, { request, metadata }: Asked): Candidate[] {
  // An embedded file becomes an asset before it reaches a provider.
  const asSent = mapMedia(request, (media) => (isDataUri(media) ? anyAsset : media))
  return providerNamesFor(request, config.providerOrder, providers).map((name) => {
    const provider = providers[name]
    const reasons =
      provider === undefined
        ? [{ path: 'provider', message: 'has no API key in this deployment' }]
        : [...provider.refuse(asSent), ...mediaLimitFaults(provider.capabilities, request, metadata)]
    return { name, provider, reasons, cost: null }
  })
}

const anyAsset = 'asset_00000000000000000000000000'

function providerNamesFor(
  request: PostedRequest,
  order: ProviderName[],
  providers: Context['providers'],
): ProviderName[] {
  if (selectionOf(request) === null) return namedIn(request)
  const names = selectableProviders(providers).map(({ name }) => name)
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name))]
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

function allReasons(candidates: Candidate[]): FieldFault[] {
  if (candidates.length === 0) {
    const message = 'no provider has an API key in this deployment: set one, for example RUNWARE_API_KEY'
    return [{ path: 'provider', message }]
  }
  return candidates.flatMap(({ name, reasons }) =>
    reasons.map(({ path, message }) => ({ path, message: `${name}: ${message}` })),
  )
}
