/** All metrics, made of what was read. A part that did not respond has none. */
import type { Limits } from '../../core/job/concurrency.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { controlFamilies } from './control-families.ts'
import { buildFamily, databaseFamilies } from './deployment-families.ts'
import type { Readings } from './readings.ts'
import type { Family } from './text.ts'
import { totalsFamilies } from './totals-families.ts'
import {
  backlogFamilies,
  recentFamilies,
  slotFamilies,
  triedLastFamily,
  unsettledFamily,
} from './work-families.ts'

interface Deployment {
  version: string
  providers: readonly ProviderName[]
  limits: Limits
}

export function familiesOf(readings: Readings, { version, providers, limits }: Deployment): Family[] {
  const { sizes, totals, unsettled, backlog, recent, slots, triedLast, nowMs } = readings
  return [
    buildFamily(version),
    ...databaseFamilies(sizes),
    ...(totals === null ? [] : totalsFamilies(totals, providers)),
    ...(unsettled === null ? [] : [unsettledFamily(unsettled)]),
    ...(backlog === null ? [] : backlogFamilies(backlog, nowMs)),
    ...(recent === null ? [] : recentFamilies(recent)),
    ...(slots === null ? [] : slotFamilies(slots, limits)),
    ...(triedLast === null ? [] : [triedLastFamily(triedLast, providers)]),
    ...controlFamilies(readings),
  ]
}
