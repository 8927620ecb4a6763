/** Env → Config, parsed once. Nothing else reads a raw environment string. */
import { z } from 'zod'
import type { Limits } from './core/concurrency.ts'
import type { VersionedSecret } from './core/crypto/derived-keys.ts'
import { type ProviderName, providerNames } from './core/request/request.ts'
import { maxRetentionDays } from './core/retention.ts'
import type { NetworkPolicy } from './core/url/policy.ts'
import type { Accounts } from './providers/index.ts'

export interface Config {
  publicBaseUrl: string
  signingSecret: VersionedSecret
  adminApiKey: string
  accounts: Accounts
  /** The order in which `auto` asks; who is not in it comes after. */
  providerOrder: ProviderName[]
  /** How many tasks may be at each provider at once. */
  limits: Limits
  maxOutputBytes: number
  /** Of jobs that do not say themselves how long they are kept; 0: until somebody erases them. */
  retentionDays: number
  /** Where finished videos may be fetched from, and below; unset, from any public host. */
  outputHosts?: string[] | undefined
  reach: NetworkPolicy
  /** Where names are looked up before they are called; null: nowhere. */
  dnsCheckUrl: string | null
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; faults: string[] }

// An unset variable may come as an empty string (wrangler.toml, .env files).
const blankAsUnset = (value: unknown) => (value === '' ? undefined : value)
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blankAsUnset, schema.optional())

const baseUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''))

const signingSecret = z.string().min(32, 'must have at least 32 characters')
const maxConcurrent = optional(z.coerce.number().int().positive())

const gibibytes = 1024 ** 3

// As the URL parser writes it: in lower case, without a port.
const hostName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/

const environmentSchema = z.object({
  PUBLIC_BASE_URL: z.preprocess(blankAsUnset, baseUrl),
  SIGNING_SECRET: z.preprocess(blankAsUnset, signingSecret),
  SIGNING_SECRET_PREVIOUS: optional(signingSecret),
  ADMIN_API_KEY: z.preprocess(blankAsUnset, z.string().min(16, 'must have at least 16 characters')),
  RUNWARE_API_KEY: optional(z.string()),
  RUNWARE_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.runware.ai/v1'),
  RUNWARE_MAX_CONCURRENT: maxConcurrent,
  RUNWARE_UPLOADS: optional(z.enum(['on', 'off'])).transform((uploads) => uploads === 'on'),
  CRUN_API_KEY: optional(z.string()),
  CRUN_USD_PER_CREDIT: optional(z.coerce.number().positive()),
  CRUN_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.crun.ai'),
  CRUN_MAX_CONCURRENT: maxConcurrent,
  SCENARIO_SDK_API_KEY: optional(z.string()),
  SCENARIO_SDK_API_SECRET: optional(z.string()),
  SCENARIO_USD_PER_UNIT: optional(z.coerce.number().positive()),
  SCENARIO_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.cloud.scenario.com/v1'),
  SCENARIO_MAX_CONCURRENT: maxConcurrent,
  AIMLAPI_API_KEY: optional(z.string()),
  AIMLAPI_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.aimlapi.com'),
  AIMLAPI_MAX_CONCURRENT: maxConcurrent,
  PROVIDER_ORDER: optional(z.string())
    .transform(namesOf)
    .pipe(z.array(z.enum(providerNames))),
  MAX_OUTPUT_BYTES: optional(z.coerce.number().int().positive()).transform((bytes) => bytes ?? 2 * gibibytes),
  RETENTION_DAYS: optional(z.coerce.number().int().min(0).max(maxRetentionDays)).transform(
    (days) => days ?? 0,
  ),
  // Turned off by a word: a blank means the default here as everywhere.
  DNS_CHECK_URL: optional(z.union([z.literal('off'), z.url({ protocol: /^https?$/ })])).transform(
    resolverUrl,
  ),
  OUTPUT_HOSTS: optional(z.string())
    .transform((list) => (list === undefined ? undefined : namesOf(list.toLowerCase())))
    .pipe(z.array(z.string().regex(hostName, 'must be names of hosts')).min(1).optional()),
  ALLOW_PRIVATE_NETWORK: optional(z.enum(['true', 'false'])).transform((allowed) => allowed === 'true'),
})

type Values = z.infer<typeof environmentSchema>

/** Every fault of the environment at once, by name; never a value. */
export function readConfig(environment: object): ConfigResult {
  const parsed = environmentSchema.safeParse(environment)
  if (!parsed.success) return { ok: false, faults: parsed.error.issues.map(sayFault) }
  const values = parsed.data
  return {
    ok: true,
    config: {
      publicBaseUrl: values.PUBLIC_BASE_URL,
      signingSecret: versionsOf(values),
      adminApiKey: values.ADMIN_API_KEY,
      accounts: {
        ...(values.RUNWARE_API_KEY && {
          runware: {
            apiKey: values.RUNWARE_API_KEY,
            baseUrl: values.RUNWARE_BASE_URL,
            uploads: values.RUNWARE_UPLOADS,
          },
        }),
        ...(values.CRUN_API_KEY && {
          crun: {
            apiKey: values.CRUN_API_KEY,
            baseUrl: values.CRUN_BASE_URL,
            usdPerCredit: values.CRUN_USD_PER_CREDIT,
          },
        }),
        ...(values.SCENARIO_SDK_API_KEY &&
          values.SCENARIO_SDK_API_SECRET && {
            scenario: {
              apiKey: values.SCENARIO_SDK_API_KEY,
              apiSecret: values.SCENARIO_SDK_API_SECRET,
              baseUrl: values.SCENARIO_BASE_URL,
              usdPerCredit: values.SCENARIO_USD_PER_UNIT,
            },
          }),
        ...(values.AIMLAPI_API_KEY && {
          aimlapi: { apiKey: values.AIMLAPI_API_KEY, baseUrl: values.AIMLAPI_BASE_URL },
        }),
      },
      providerOrder: values.PROVIDER_ORDER,
      limits: {
        runware: values.RUNWARE_MAX_CONCURRENT,
        crun: values.CRUN_MAX_CONCURRENT,
        scenario: values.SCENARIO_MAX_CONCURRENT,
        aimlapi: values.AIMLAPI_MAX_CONCURRENT,
      },
      maxOutputBytes: values.MAX_OUTPUT_BYTES,
      retentionDays: values.RETENTION_DAYS,
      dnsCheckUrl: values.DNS_CHECK_URL,
      outputHosts: values.OUTPUT_HOSTS,
      reach: values.ALLOW_PRIVATE_NETWORK ? 'any' : 'public',
    },
  }
}

function versionsOf({ SIGNING_SECRET: current, SIGNING_SECRET_PREVIOUS: previous }: Values): VersionedSecret {
  return previous === undefined || previous === current ? [current] : [current, previous]
}

function resolverUrl(setting: string | undefined): string | null {
  return setting === 'off' ? null : (setting ?? 'https://cloudflare-dns.com/dns-query')
}

function namesOf(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function sayFault({ code, path, message }: z.core.$ZodIssue): string {
  // Every setting is a string: another type can only be its absence.
  return `${path.join('.')} ${code === 'invalid_type' ? 'is not set' : message}`
}
