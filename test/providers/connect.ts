/** A provider as the registry makes it of settings, on the given network. */
import type { Fetch } from '../../src/connections.ts'
import type { SellerName } from '../../src/core/request/choices.ts'
import { sellers } from '../../src/providers/index.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { now } from './a-submission.ts'

/** `settings`: at least its credentials. */
export function connect(name: SellerName, settings: Record<string, string>, fetch: Fetch): Provider {
  const account = sellers[name].readAccount(settings)
  if (account === null) throw new Error(`${name} has no account with these settings`)
  return account({ fetch, now, guard: async () => null })
}
