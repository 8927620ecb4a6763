/** The registry: every provider that has a key, in the order in which `auto` asks them. */
import type { ProviderName } from '../core/request.ts'
import { type AimlapiAccount, aimlapi } from './aimlapi.ts'
import { type CrunAccount, crun } from './crun.ts'
import type { Fetch } from './http.ts'
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
export function createProviders(accounts: Accounts, fetch: Fetch, now: () => number): Providers {
  return {
    ...(accounts.runware && { runware: runware(accounts.runware, fetch, now) }),
    ...(accounts.crun && { crun: crun(accounts.crun, fetch, now) }),
    ...(accounts.scenario && { scenario: scenario(accounts.scenario, fetch, now) }),
    ...(accounts.aimlapi && { aimlapi: aimlapi(accounts.aimlapi, fetch, now) }),
  }
}
