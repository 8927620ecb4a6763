/** The providers that `auto` and `cheapest` consider. No I/O. No clock. */
import type { ProviderName } from './choices.ts'

/** The simulator only if there is nothing else: a job that names no provider wants a real video. */
export function selectable<Named>(offered: readonly Named[], nameOf: (one: Named) => ProviderName): Named[] {
  const sellers = offered.filter((one) => nameOf(one) !== 'simulator')
  return sellers.length > 0 ? sellers : [...offered]
}
