/** The registry: every provider, one line each, in the order in which `auto` asks them. */
import type { ProviderName } from '../core/request.ts'
import type { Guard } from '../core/target.ts'
import { type AimlapiAccount, aimlapi, usdPerCredit } from './aimlapi.ts'
import { type CrunAccount, crun } from './crun.ts'
import type { Fetch } from './http.ts'
import { tellDollars } from './in-dollars.ts'
import type { Provider } from './provider.ts'
import { type RunwareAccount, runware } from './runware.ts'
import { type ScenarioAccount, scenario } from './scenario.ts'

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
    ...(atCrun && { crun: tellDollars(crun(atCrun, fetch, now), atCrun.usdPerCredit) }),
    ...(atScenario && {
      scenario: tellDollars(scenario(atScenario, fetch, now, guard), atScenario.usdPerCredit),
    }),
    ...(atAimlapi && { aimlapi: tellDollars(aimlapi(atAimlapi, fetch, now), usdPerCredit) }),
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
