/** Chooses the providers of a request, their order and their prices; or lists every reason why none can run it. */
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import type { ProviderChoice } from '../../core/choice/choice.ts'
import { reasonOf } from '../../core/choice/order.ts'
import type { Estimates } from '../../core/cost.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import type { KnownMetadata } from '../../core/request/media.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import type { FieldFault } from '../problems.ts'
import { allReasons, isEligible } from './candidates.ts'
import { estimatesOf, priceCandidates, purposeOf } from './pricing.ts'
import { validateRequest } from './validate.ts'

export interface NewJob {
  request: PostedRequest
  retryOf: string | null
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
