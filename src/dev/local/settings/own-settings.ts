/** The settings of `.dev.vars`: each provider with a key there is the real one, the others are simulated. No I/O. */
import { parseEnv } from 'node:util'
import { readConfig, settingNames } from '../../../config.ts'
import { sellerNames } from '../../../core/request/choices.ts'
import { sellers } from '../../../providers/index.ts'
import { unknownSettingFault } from '../../nearest-setting.ts'

/** By name. A blank setting is unset, and is not in it. */
export type OwnSettings = Readonly<Record<string, string>>

export type OwnSettingsResult = { ok: true; own: OwnSettings } | { ok: false; faults: string[] }

/** The providers that the simulator can be. */
export const simulated = sellerNames
export type Simulated = (typeof simulated)[number]

/** Finds every fault at once. `fixed` wins over the file, such as the address of a tunnel. */
export function readOwnSettings(text: string, fixed: OwnSettings = {}): OwnSettingsResult {
  const values = Object.entries(parseEnv(text)).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as const],
  )
  const own = { ...Object.fromEntries(values), ...fixed }
  const unknown = Object.keys(parseEnv(text)).filter((name) => !settingNames().includes(name))
  const configured = readConfig({ ...placeholders, ...own })
  const faults = [
    ...unknown.map(unknownSettingFault),
    ...simulated.flatMap((provider) => accountFaults(provider, own)),
    ...(configured.ok ? [] : configured.faults),
    ...(isPublic(own) && own.ALLOW_PRIVATE_NETWORK === 'true'
      ? ['ALLOW_PRIVATE_NETWORK must not be true while the Worker has a public address']
      : []),
  ]
  return faults.length > 0 ? { ok: false, faults } : { ok: true, own }
}

/** The providers that cost money. The key `none` means that there is no account. */
export function realProviders(own: OwnSettings): Simulated[] {
  const isKey = (value: string | undefined) => value !== undefined && value !== 'none'
  return simulated.filter((provider) => sellers[provider].credentials.some((name) => isKey(own[name])))
}

/** The settings of the Worker: `base` has the simulator as every provider. */
export function mergeSettings(base: OwnSettings, own: OwnSettings): Record<string, string> {
  const real = realProviders(own).map((name) => sellers[name])
  const replaced = new Set(real.flatMap(namesOf))
  // Other people's URLs reach a Worker with a public address, so its URL guard is on.
  if (isPublic(own)) replaced.add('ALLOW_PRIVATE_NETWORK')
  const kept = Object.entries(base).filter(([name]) => !replaced.has(name))
  return { ...Object.fromEntries(kept), ...own }
}

/** Whether the Worker has an address that others can reach. */
export function isPublic({ PUBLIC_BASE_URL: url = '' }: OwnSettings): boolean {
  return URL.canParse(url) && !/^(localhost|127\..*|\[::1\])$/.test(new URL(url).hostname)
}

function accountFaults(provider: Simulated, own: OwnSettings): string[] {
  const seller = sellers[provider]
  const given = namesOf(seller).find((name) => name in own)
  if (given === undefined) return []
  return seller.credentials
    .filter((name) => !(name in own))
    .map((name) => `${name} is not set, but ${given} is`)
}

function namesOf({ credentials, addresses }: (typeof sellers)[Simulated]): string[] {
  return [...credentials, ...addresses.map(({ setting }) => setting)]
}

// Only to check the settings beside these: they are made when the Worker starts.
const placeholders = {
  PUBLIC_BASE_URL: 'http://127.0.0.1:8787',
  SIGNING_SECRET: 'x'.repeat(32),
  ADMIN_API_KEY: 'x'.repeat(16),
}
