/** The order in which a job tries its providers, if its request lets Reelhook choose. No I/O. No clock. */
import type { Model, ProviderName, Selection } from '../request/choices.ts'
import type { JobRequest } from '../request/request.ts'
import { selectionOf } from '../request/selection.ts'
import type { ProviderChoice } from './choice.ts'
import { type MeasuredTimes, measuredTimeOf } from './measured-times.ts'
import type { TriedLast } from './refusals.ts'

/** The measurements and refusals that change the order. */
export interface Known {
  times: MeasuredTimes
  triedLast: readonly TriedLast[]
}

export const nothingKnown: Known = { times: new Map(), triedLast: [] }

interface Named {
  name: ProviderName
}

type Wanted = Pick<JobRequest, 'model' | 'resolution'>

/**
 * The order before prices are known. `candidates`: in the order of the deployment, which `auto` and `cheapest` keep.
 * `fastest`: the shortest median first, and those without one after them.
 */
export function ordered<C extends Named>(
  candidates: readonly C[],
  selection: Selection,
  known: Known,
  wanted: Wanted,
): C[] {
  const medianOf = ({ name }: C) => measuredTimeOf(known.times, name, wanted)?.medianMs ?? Number.MAX_VALUE
  const bySpeed =
    selection === 'fastest'
      ? candidates.toSorted((one, two) => medianOf(one) - medianOf(two))
      : [...candidates]
  return withTriedLast(bySpeed, known, wanted)
}

/** The lowest price first, and those without a price in US dollars after them. */
export function orderedByPrice<C extends Named>(
  candidates: readonly C[],
  usdOf: (candidate: C) => number | undefined,
  known: Known,
  wanted: Wanted,
): C[] {
  const priceOf = (candidate: C) => usdOf(candidate) ?? Number.MAX_VALUE
  return withTriedLast(
    candidates.toSorted((one, two) => priceOf(one) - priceOf(two)),
    known,
    wanted,
  )
}

/** The sort is stable, so both groups keep their order. */
function withTriedLast<C extends Named>(candidates: C[], known: Known, { model }: Wanted): C[] {
  const groupOf = ({ name }: C) => (triedLastOf(known, name, model) === undefined ? 0 : 1)
  return candidates.sort((one, two) => groupOf(one) - groupOf(two))
}

function triedLastOf({ triedLast }: Known, provider: ProviderName, model: Model): TriedLast | undefined {
  return triedLast.find((one) => one.provider === provider && (one.model === null || one.model === model))
}

/** Why the providers have this order, beyond what the request and the estimates show. */
export function reasonOf(
  providers: readonly ProviderName[],
  known: Known,
  request: Wanted & Pick<JobRequest, 'provider'>,
): ProviderChoice {
  const times = selectionOf(request) === 'fastest' ? known.times : nothingKnown.times
  return {
    measured: providers.flatMap((provider) => {
      const time = measuredTimeOf(times, provider, request)
      return time === null ? [] : [{ provider, median_seconds: time.medianMs / 1_000, tasks: time.tasks }]
    }),
    tried_last: providers.flatMap((provider) => {
      const found = triedLastOf(known, provider, request.model)
      return found === undefined
        ? []
        : [{ provider, fault: found.fault, since: isoOf(found.sinceMs), until: isoOf(found.untilMs) }]
    }),
  }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
