/** A provider that sells videos, as its folder describes it to the registry: its settings, and what is made of them. */
import { z } from 'zod'
import type { Fetch } from '../connections.ts'
import type { Guard } from '../core/url/policy.ts'
import { baseUrl, optional, providerKey, wholeNumber } from '../setting-kinds.ts'
import type { Provider } from './provider.ts'

export interface Seller {
  /** As people write it, such as "AI/ML API". */
  title: string
  /** Every setting by name, with the values that it may have. */
  settings: z.ZodObject
  /** The names of the settings that are its account. If one is missing, it is not used. */
  credentials: readonly string[]
  /** The URLs that it is called at, its API first. */
  addresses: readonly [Address, ...Address[]]
  /** Null: a credential is missing. Throws if `settings` refuses the environment. */
  readAccount(environment: object): Account | null
  /** The largest number of running tasks. Undefined: no limit. Throws as `readAccount`. */
  readLimit(environment: object): number | undefined
}

interface Address {
  /** The name of the setting that replaces `byDefault`. */
  setting: string
  byDefault: string
}

/** Makes the provider that uses the account. */
export type Account = (edges: ProviderEdges) => Provider

export interface ProviderEdges {
  fetch: Fetch
  /** Milliseconds since 1970. */
  now: () => number
  guard: Guard
}

interface Parts<Shape extends z.core.$ZodShape> {
  title: string
  /** The start of the names of its settings: CRUN has CRUN_BASE_URL and CRUN_MAX_CONCURRENT. */
  prefix: string
  credentials: readonly [string, ...string[]]
  /** Without a slash at its end. */
  baseUrl: string
  /** Further settings of its own, by name. */
  settings: Shape
  /** The names of those settings that are URLs of the provider. Each has a default. */
  furtherAddresses?: readonly (keyof Shape & string)[]
  connect: (account: Values<Shape>, edges: ProviderEdges) => Provider
}

interface Values<Shape extends z.core.$ZodShape> {
  /** In the order of their names. */
  credentials: [string, ...string[]]
  baseUrl: string
  settings: z.output<z.ZodObject<Shape>>
}

export function defineSeller<Shape extends z.core.$ZodShape>(parts: Parts<Shape>): Seller {
  const { title, prefix, credentials, baseUrl: byDefault, furtherAddresses = [], connect } = parts
  const [address, limit] = [`${prefix}_BASE_URL`, `${prefix}_MAX_CONCURRENT`]
  const own = z.object(parts.settings)
  const keys = z.object(Object.fromEntries(credentials.map((name) => [name, providerKey])))
  const addresses = z.object({ [address]: optional(baseUrl) })
  const limits = z.object({ [limit]: optional(wholeNumber(1)) })
  return {
    title,
    settings: z.object({ ...keys.shape, ...addresses.shape, ...limits.shape, ...own.shape }),
    credentials,
    addresses: [
      { setting: address, byDefault },
      ...furtherAddresses.map((setting) => ({
        setting,
        byDefault: String(Reflect.get(own.parse({}), setting)),
      })),
    ],
    readAccount(environment) {
      const given = keys.parse(environment)
      const [first, ...others] = credentials.flatMap((name) => given[name] ?? [])
      if (first === undefined || others.length < credentials.length - 1) return null
      const account = {
        credentials: [first, ...others] satisfies [string, ...string[]],
        baseUrl: addresses.parse(environment)[address] ?? byDefault,
        settings: own.parse(environment),
      }
      return (edges) => connect(account, edges)
    },
    readLimit: (environment) => limits.parse(environment)[limit],
  }
}
