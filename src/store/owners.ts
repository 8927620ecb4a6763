/** The owners of deliveries (endpoints and API keys), as the steps of jobs and the attempts of deliveries need them. */
import type { Subscription } from '../core/event.ts'
import type { Database } from './database.ts'
import { readSubscription, selectSubscriptions } from './deliveries/endpoints.ts'

export interface Owners {
  /** The enabled endpoints. One that was created in the last seconds may be missing. */
  subscriptions(): Promise<Subscription[]>
}

export function createOwners(db: Database): Owners {
  return {
    subscriptions: async () => (await selectSubscriptions(db)).map(readSubscription),
  }
}
