/** The registry: one line per provider, in the order in which `auto` considers them. */
import type { ProviderName, SellerName } from '../core/request/choices.ts'
import { selectable } from '../core/request/selection.ts'
import { aimlapi } from './aimlapi/index.ts'
import { byteplus } from './byteplus/index.ts'
import { crun } from './crun/index.ts'
import { fal } from './fal/index.ts'
import type { Provider } from './provider.ts'
import { runware } from './runware/index.ts'
import { scenario } from './scenario/index.ts'
import type { Account, ProviderEdges, Seller } from './seller.ts'
import { simulator } from './simulator/index.ts'

export const sellers: Readonly<Record<SellerName, Seller>> = {
  runware,
  crun,
  scenario,
  aimlapi,
  byteplus,
  fal,
}

export type Accounts = Partial<Record<ProviderName, Account>>

export type Providers = Partial<Record<ProviderName, Provider>>

/**
 * The providers that have an account. A provider without one is never eligible. Each is made at its first use, because most
 * invocations need one of them or none.
 */
export function createProviders(accounts: Accounts, edges: ProviderEdges): Providers {
  const providers: Providers = {}
  for (const [name, connect] of Object.entries(accounts)) {
    let made: Provider | undefined
    const get = () => {
      made ??= connect(edges)
      return made
    }
    Object.defineProperty(providers, name, { get, enumerable: true })
  }
  return providers
}

/** The providers that every API key may name. */
export function offeredProviders(providers: Providers): Provider[] {
  return Object.values(providers).filter(({ isOnlyForAdmin }) => !isOnlyForAdmin)
}

/** The providers that `auto`, `cheapest` and `fastest` consider. */
export function selectableProviders(providers: Providers): Provider[] {
  return selectable(offeredProviders(providers), ({ name }) => name)
}

/** Every provider, with or without an account, for its capabilities and checks. Sends nothing. */
export function allProviders(): Provider[] {
  const sendNothing = () => Promise.reject(new Error('a provider without an account sends nothing'))
  const edges = { fetch: sendNothing, now: () => 0, guard: async () => null }
  const accounts = Object.values(sellers).flatMap(
    (seller) =>
      seller.readAccount(Object.fromEntries(seller.credentials.map((name) => [name, 'none yet']))) ?? [],
  )
  return [...accounts, simulator({ baseUrl: '', secret: [''], isForEveryone: false })].map((connect) =>
    connect(edges),
  )
}
