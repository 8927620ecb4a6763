/** Why no provider could run a request with faults when these are corrected: one response names both. */
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import { type KnownMetadata, mediaFields } from '../../core/request/media.ts'
import type { FieldFault } from '../problems.ts'
import { allReasons, type Candidate, candidatesFor, isEligible } from './candidates.ts'
import { type FaultyRequest, partOf } from './faulty-request.ts'
import { priceAll, purposeOf } from './pricing.ts'

/** The reasons that hold once each faulty value is replaced by a valid one, if they leave no provider. */
export async function lastingReasons(
  context: Context,
  caller: Pick<Caller, 'monthlyBudgetMicros'>,
  faulty: FaultyRequest,
  metadata: KnownMetadata,
): Promise<FieldFault[]> {
  const { request, parts } = faulty
  if (parts.has('provider')) return []
  const candidates = candidatesFor(context, request, metadata).map((candidate) => ({
    ...candidate,
    reasons: candidate.reasons.filter(({ path }) => isLasting(path, candidate, faulty)),
  }))
  const isLimited = request.max_cost_usd !== undefined || caller.monthlyBudgetMicros !== null
  const isPriceKnown = ![...parts].some((part) => priced.includes(part.split('.')[0] ?? part))
  const considered =
    isLimited && isPriceKnown
      ? await priceAll(context, candidates, request, purposeOf(request, caller))
      : candidates
  return considered.some(isEligible) ? [] : allReasons(considered)
}

function isLasting(path: string, { name }: Candidate, { parts, unknown }: FaultyRequest): boolean {
  const part = partOf(path)
  if (parts.has(part)) return false
  if (part === 'provider') return true
  const isOfMode = part === 'aspect_ratio' || part.startsWith('provider_options')
  const read = ['model', ...(isOfMode ? [...modeFields, 'provider_options', `provider_options.${name}`] : [])]
  return !read.some((field) => unknown.has(field))
}

const modeFields = mediaFields.filter((field) => field !== 'last_frame')

/** The fields that a price may depend on. */
const priced: readonly string[] = [
  ...mediaFields,
  'model',
  'prompt',
  'duration',
  'resolution',
  'aspect_ratio',
  'output_format',
  'generate_audio',
  'count',
  'provider_options',
]
