/** The registry: one line per provider, in the order in which `auto` considers them. */
import type { Fetch } from '../connections.ts'
import type { VersionedSecret } from '../core/crypto/derived-keys.ts'
import type { ProviderName } from '../core/request/choices.ts'
import { selectable } from '../core/request/selection.ts'
import type { Guard } from '../core/url/policy.ts'
import { type AimlapiAccount, aimlapi, usdPerCredit } from './aimlapi/index.ts'
import { type CrunAccount, crun } from './crun/index.ts'
import type { Provider } from './provider.ts'
import { type RunwareAccount, runware } from './runware/index.ts'
import { type ScenarioAccount, scenario } from './scenario/index.ts'
import { type SimulatorAccount, simulator } from './simulator/index.ts'
import { withUsd } from './usd.ts'

export interface Accounts {
  runware?: RunwareAccount
  crun?: CrunAccount
  scenario?: ScenarioAccount
  aimlapi?: AimlapiAccount
  simulator?: SimulatorAccount
}

export type Providers = Partial<Record<ProviderName, Provider>>

/** The providers that have an account. A provider without one is never eligible. */
export function createProviders(
  accounts: Accounts,
  fetch: Fetch,
  now: () => number,
  guard: Guard,
): Providers {
  const { runware: runwareAccount, crun: crunAccount } = accounts
  const { scenario: scenarioAccount, aimlapi: aimlapiAccount, simulator: simulatorAccount } = accounts
  return {
    ...(runwareAccount && { runware: runware(runwareAccount, fetch, now) }),
    ...(crunAccount && { crun: withUsd(crun(crunAccount, fetch, now), crunAccount.usdPerCredit) }),
    ...(scenarioAccount && {
      scenario: withUsd(scenario(scenarioAccount, fetch, now, guard), scenarioAccount.usdPerCredit),
    }),
    ...(aimlapiAccount && { aimlapi: withUsd(aimlapi(aimlapiAccount, fetch, now), usdPerCredit) }),
    ...(simulatorAccount && { simulator: simulator(simulatorAccount, fetch, now) }),
  }
}

/** The providers that every API key may name. */
export function offeredProviders(providers: Providers): Provider[] {
  return Object.values(providers).filter(({ isOnlyForAdmin }) => !isOnlyForAdmin)
}

/** The providers that `auto` and `cheapest` consider. */
export function selectableProviders(providers: Providers): Provider[] {
  return selectable(offeredProviders(providers), ({ name }) => name)
}

/** Every provider, with or without an account, for its capabilities and checks. Sends nothing. */
export function allProviders(): Provider[] {
  const account = { apiKey: '', apiSecret: '', baseUrl: '' }
  const secret: VersionedSecret = ['']
  const accounts = {
    runware: account,
    crun: account,
    scenario: account,
    aimlapi: account,
    simulator: { baseUrl: '', secret, isForEveryone: false },
  }
  const sendNothing = () => Promise.reject(new Error('a provider without an account sends nothing'))
  return Object.values(
    createProviders(
      accounts,
      sendNothing,
      () => 0,
      async () => null,
    ),
  )
}
