/** The registry: every provider, one line each, in the order in which `auto` asks them. */
import type { ProviderName } from '../core/request/request.ts'
import type { Guard } from '../core/url/policy.ts'
import { type AimlapiAccount, aimlapi, usdPerCredit } from './aimlapi/index.ts'
import { type CrunAccount, crun } from './crun/index.ts'
import type { Fetch } from './http.ts'
import type { Provider } from './provider.ts'
import { type RunwareAccount, runware } from './runware/index.ts'
import { type ScenarioAccount, scenario } from './scenario/index.ts'
import { withUsd } from './usd.ts'

export interface Accounts {
  runware?: RunwareAccount
  crun?: CrunAccount
  scenario?: ScenarioAccount
  aimlapi?: AimlapiAccount
}

export type Providers = Partial<Record<ProviderName, Provider>>

/** A provider without an account is not there, and so never eligible. */
export function createProviders(
  accounts: Accounts,
  fetch: Fetch,
  now: () => number,
  guard: Guard,
): Providers {
  const { runware: atRunware, crun: atCrun, scenario: atScenario, aimlapi: atAimlapi } = accounts
  return {
    ...(atRunware && { runware: runware(atRunware, fetch, now) }),
    ...(atCrun && { crun: withUsd(crun(atCrun, fetch, now), atCrun.usdPerCredit) }),
    ...(atScenario && {
      scenario: withUsd(scenario(atScenario, fetch, now, guard), atScenario.usdPerCredit),
    }),
    ...(atAimlapi && { aimlapi: withUsd(aimlapi(atAimlapi, fetch, now), usdPerCredit) }),
  }
}

/** Every provider there is, with an account or without: for what is known of them before anything is sent. */
export function allProviders(): Provider[] {
  const nobody = { apiKey: '', apiSecret: '', baseUrl: '' }
  const accounts = { runware: nobody, crun: nobody, scenario: nobody, aimlapi: nobody }
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
