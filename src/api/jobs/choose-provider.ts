/** Who can make a request, in which order they would be asked, and at what price; or every reason why nobody can. */
import type { Context } from '../../context.ts'
import type { Cost, Estimates } from '../../core/cost.ts'
import type { Result } from '../../core/fault.ts'
import { isDataUri, type KnownMetadata, mapMedia } from '../../core/request/media.ts'
import type { PostedRequest, ProviderName } from '../../core/request/request.ts'
import { mediaLimitFaults } from '../../providers/media-limits.ts'
import type { Provider, Reason } from '../../providers/provider.ts'
import type { FieldFault } from '../problems.ts'
import { estimate, overLimit, type Purpose } from './estimate.ts'
import { validateRequest } from './validate.ts'

/** A provider that was asked for, or that `auto` would ask. */
export interface Candidate {
  name: ProviderName
  provider: Provider | undefined
  /** Why it cannot make this; none means that it can. */
  reasons: Reason[]
  /** Null: it was not asked. */
  cost: Result<Cost> | null
}

export type Assessment =
  | {
      ok: true
      providers: ProviderName[]
      estimates: Estimates
      warnings: FieldFault[]
      known: KnownMetadata
    }
  | { ok: false; code: 'invalid_request' | 'no_provider'; errors: FieldFault[] }

export async function chooseProviders(
  context: Context,
  apiKeyId: string,
  request: PostedRequest,
  retryOf: string | null,
): Promise<Assessment> {
  const passage = await validateRequest(context, apiKeyId, request, retryOf)
  if (!passage.ok) return { ok: false, code: 'invalid_request', errors: passage.faults }
  const { known } = passage
  const isDecidedByMoney = request.provider === 'cheapest' || request.max_cost_usd !== undefined
  const candidates = await priceCandidates(
    context,
    request,
    known,
    isDecidedByMoney ? 'deciding' : 'informing',
  )
  const able = candidates.filter(isAble)
  const [first] = able
  if (first === undefined) return { ok: false, code: 'no_provider', errors: whyNobody(candidates) }
  return {
    ok: true,
    providers: able.map(({ name }) => name),
    estimates: Object.fromEntries(able.flatMap(({ name, cost }) => (cost?.ok ? [[name, cost.value]] : []))),
    warnings: first.provider.warn(request),
    known,
  }
}

/** Every candidate in the order of being asked. Only to decide are all of them priced; to tell, the first is. */
export async function priceCandidates(
  context: Context,
  request: PostedRequest,
  known: KnownMetadata,
  purpose: Purpose,
): Promise<Candidate[]> {
  const candidates = candidatesFor(context, request, known)
  const firstAble = candidates.find(isAble)
  const priced = await Promise.all(
    candidates.map(async (candidate): Promise<Candidate> => {
      const isAsked = purpose === 'deciding' || candidate === firstAble
      if (!isAsked || !isAble(candidate)) return candidate
      const cost = await estimate(context, candidate.provider, request, purpose)
      return { ...candidate, cost, reasons: tooDear(cost, request.max_cost_usd) }
    }),
  )
  return request.provider === 'cheapest' ? priced.sort((a, b) => usdOf(a) - usdOf(b)) : priced
}

export function isAble(candidate: Candidate): candidate is Candidate & { provider: Provider } {
  return candidate.provider !== undefined && candidate.reasons.length === 0
}

function candidatesFor(
  { config, providers }: Context,
  request: PostedRequest,
  known: KnownMetadata,
): Candidate[] {
  // What is embedded reaches every provider as an asset does.
  const asSent = mapMedia(request, (media) => (isDataUri(media) ? anyAsset : media))
  return wanted(request, config.providerOrder, providers).map((name) => {
    const provider = providers[name]
    const reasons =
      provider === undefined
        ? [{ path: 'provider', message: 'has no API key here' }]
        : [...provider.refuse(asSent), ...mediaLimitFaults(provider.capabilities, request, known)]
    return { name, provider, reasons, cost: null }
  })
}

const anyAsset = 'asset_00000000000000000000000000'

function wanted(
  { provider }: PostedRequest,
  order: ProviderName[],
  providers: Context['providers'],
): ProviderName[] {
  if (provider !== 'auto' && provider !== 'cheapest') return [...new Set([provider].flat())]
  const names = Object.values(providers).map(({ name }) => name)
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name))]
}

function tooDear(cost: Result<Cost>, limitUsd: number | undefined): Reason[] {
  const message = limitUsd === undefined ? null : overLimit(cost, limitUsd)
  return message === null ? [] : [{ path: 'max_cost_usd', message }]
}

// Who names no price in dollars comes last.
function usdOf({ cost }: Candidate): number {
  return (cost?.ok ? cost.value.amount_usd : undefined) ?? Number.MAX_VALUE
}

function whyNobody(candidates: Candidate[]): FieldFault[] {
  if (candidates.length === 0) {
    const message = 'no provider has an API key here: set one, for example RUNWARE_API_KEY'
    return [{ path: 'provider', message }]
  }
  return candidates.flatMap(({ name, reasons }) =>
    reasons.map(({ path, message }) => ({ path, message: `${name}: ${message}` })),
  )
}
