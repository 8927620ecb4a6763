/** All conditions, as data. A new one is an entry in one of these lists. */
import type { Condition } from './condition.ts'
import { deliveryConditions } from './deliveries.ts'
import { jobConditions } from './jobs.ts'
import { platformConditions } from './platform.ts'
import { providerConditions } from './providers.ts'
import { settingConditions } from './settings.ts'

export const conditions: readonly Condition[] = [
  ...platformConditions,
  ...jobConditions,
  ...deliveryConditions,
  ...providerConditions,
  ...settingConditions,
]
