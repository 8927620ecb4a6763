/** Whether Reelhook chooses the provider of a request, and among which. No I/O. No clock. */
import { type ProviderName, providerNames, type Selection, selections } from './choices.ts'
import type { JobRequest } from './request.ts'

type Asking = Pick<JobRequest, 'provider'>

/** Null: the request names its providers. */
export function selectionOf({ provider }: Asking): Selection | null {
  return selections.find((selection) => selection === provider) ?? null
}

/** In the order of the caller. None if Reelhook chooses. */
export function namedIn({ provider }: Asking): ProviderName[] {
  return [...new Set([provider].flat())].flatMap(
    (value) => providerNames.find((name) => name === value) ?? [],
  )
}

/** The simulator only if there is nothing else: a job that names no provider wants a real video. */
export function selectable<Named>(offered: readonly Named[], nameOf: (one: Named) => ProviderName): Named[] {
  const sellers = offered.filter((one) => nameOf(one) !== 'simulator')
  return sellers.length > 0 ? sellers : [...offered]
}
