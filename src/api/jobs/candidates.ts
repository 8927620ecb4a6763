/** The providers that a request may run at, and every reason why one cannot run it. Prices are not among them. */
import type { Context } from '../../context.ts'
import type { Cost } from '../../core/cost.ts'
import type { Result } from '../../core/fault.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { anyAsset, isDataUri, type KnownMetadata, mapMedia } from '../../core/request/media.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import { namedIn, selectionOf } from '../../core/request/selection.ts'
import { selectableProviders } from '../../providers/index.ts'
import { mediaLimitFaults } from '../../providers/media-limits.ts'
import type { Provider, Reason } from '../../providers/provider.ts'
import type { FieldFault } from '../problems.ts'

/** A provider that the request names, or that a selection considers. */
export interface Candidate {
  name: ProviderName
  provider: Provider | undefined
  /** Why it cannot run this request; empty if it can. */
  reasons: Reason[]
  /** Null: not estimated. */
  cost: Result<Cost> | null
}

type Known = Pick<Context, 'config' | 'providers'>

export function isEligible(candidate: Candidate): candidate is Candidate & { provider: Provider } {
  return candidate.provider !== undefined && candidate.reasons.length === 0
}

/** In the order of the caller, or of this deployment. */
export function candidatesFor(
  { config, providers }: Known,
  request: PostedRequest,
  metadata: KnownMetadata,
): Candidate[] {
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

function providerNamesFor(
  request: PostedRequest,
  order: ProviderName[],
  providers: Context['providers'],
): ProviderName[] {
  if (selectionOf(request) === null) return namedIn(request)
  const names = selectableProviders(providers).map(({ name }) => name)
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name))]
}

/** Every reason of every candidate. */
export function allReasons(candidates: readonly Candidate[]): FieldFault[] {
  if (candidates.length === 0) {
    const message = 'no provider has an API key in this deployment: set one, for example RUNWARE_API_KEY'
    return [{ path: 'provider', message }]
  }
  return candidates.flatMap(({ name, reasons }) =>
    reasons.map(({ path, message }) => ({ path, message: `${name}: ${message}` })),
  )
}
