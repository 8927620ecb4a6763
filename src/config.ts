/** Parses the environment into a Config, once. No other file reads an environment variable. */
import { z } from 'zod'
import type { VersionedSecret } from './core/crypto/derived-keys.ts'
import type { Limits } from './core/job/concurrency.ts'
import { type ProviderName, providerNames } from './core/request/request.ts'
import { maxRetentionDays } from './core/retention.ts'
import { countShards } from './core/shards.ts'
import type { NetworkPolicy } from './core/url/policy.ts'
import type { Accounts } from './providers/index.ts'

export interface Config {
  publicBaseUrl: string
  signingSecret: VersionedSecret
  adminApiKey: string
  accounts: Accounts
  /** The providers that `auto` prefers, in order. The others come after them. */
  providerOrder: ProviderName[]
  /** The largest number of running tasks per provider. */
  limits: Limits
  maxOutputBytes: number
  /** Default for jobs without `retention_days`. 0: a job is stored until it is erased by request. */
  retentionDays: number
  /** When the details of an ended job are pruned. 0: never. */
  pruneAfterDays: number
  /** The metadata keys by which jobs are found. */
  indexedMetadata: 'all' | string[]
  /** The only hosts to fetch finished videos from, subdomains included. Unset: any public host. */
  outputHosts?: string[] | undefined
  reach: NetworkPolicy
  /** The resolver that checks host names before a call. Null: they are not checked. */
  dnsCheckUrl: string | null
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; faults: string[] }

export function settingNames(): string[] {
  return Object.keys(environmentSchema.shape)
}

/** Reports every invalid setting at once, by name and without its value. */
export function readConfig(environment: object): ConfigResult {
  const shards = countShards(environment)
  if (!shards.ok) return { ok: false, faults: [shards.fault] }
  const parsed = environmentSchema.safeParse(environment)
  if (!parsed.success) return { ok: false, faults: [...new Set(parsed.error.issues.map(describeIssue))] }
  const values = parsed.data
  return {
    ok: true,
    config: {
      publicBaseUrl: values.PUBLIC_BASE_URL,
      signingSecret: secretVersions(values),
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
      pruneAfterDays: values.PRUNE_AFTER_DAYS,
      indexedMetadata: values.INDEXED_METADATA,
      dnsCheckUrl: values.DNS_CHECK_URL,
      outputHosts: values.OUTPUT_HOSTS,
      reach: values.ALLOW_PRIVATE_NETWORK ? 'any' : 'public',
    },
  }
}

function secretVersions({
  SIGNING_SECRET: current,
  SIGNING_SECRET_PREVIOUS: previous,
}: Values): VersionedSecret {
  return previous === undefined || previous === current ? [current] : [current, previous]
}

function resolverUrl(setting: string | undefined): string | null {
  return setting === 'off' ? null : (setting ?? 'https://cloudflare-dns.com/dns-query')
}

function indexedKeys(setting: string | undefined): Config['indexedMetadata'] {
  if (setting === undefined || setting === '*') return 'all'
  return setting === 'off' ? [] : namesIn(setting)
}

function namesIn(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  // The path continues into lists; the setting is its first step.
  return `${String(path[0])} ${message}`
}

// An unset variable may be an empty string (wrangler.toml, .env files).
const blankAsUnset = (value: unknown) => (value === '' ? undefined : value)
const required = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(blankAsUnset, schema)
const optional = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(blankAsUnset, schema.optional())

const isUnset = 'is not set'

const httpUrl = (message: string) => z.string(isUnset).pipe(z.url({ protocol: /^https?$/, error: message }))
const baseUrl = httpUrl('must be an http or https URL').transform((url) => url.replace(/\/+$/, ''))
const urlOrOff = 'must be an http or https URL, or off'

const secret = (minLength: number) =>
  z.string(isUnset).min(minLength, `must have at least ${minLength} characters`)

const wholeNumber = (min: number, max = Number.MAX_SAFE_INTEGER) => {
  const range = max === Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` from ${min} to ${max}`
  const message = `must be a whole number${range}`
  return z.coerce.number(message).int(message).min(min, message).max(max, message)
}

const price = z.coerce.number('must be a number above 0').positive('must be a number above 0')

const gibibytes = 1024 ** 3

// As the URL parser writes it: in lower case, without a port.
const hostName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/
const hostNames = 'must be host names, separated by commas'

const environmentSchema = z.object({
  PUBLIC_BASE_URL: required(baseUrl),
  SIGNING_SECRET: required(secret(32)),
  SIGNING_SECRET_PREVIOUS: optional(secret(32)),
  ADMIN_API_KEY: required(secret(16)),
  RUNWARE_API_KEY: optional(z.string()),
  RUNWARE_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.runware.ai/v1'),
  RUNWARE_MAX_CONCURRENT: optional(wholeNumber(1)),
  RUNWARE_UPLOADS: optional(z.enum(['on', 'off'], 'must be on or off')).transform(
    (uploads) => uploads === 'on',
  ),
  CRUN_API_KEY: optional(z.string()),
  CRUN_USD_PER_CREDIT: optional(price),
  CRUN_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.crun.ai'),
  CRUN_MAX_CONCURRENT: optional(wholeNumber(1)),
  SCENARIO_SDK_API_KEY: optional(z.string()),
  SCENARIO_SDK_API_SECRET: optional(z.string()),
  SCENARIO_USD_PER_UNIT: optional(price),
  SCENARIO_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.cloud.scenario.com/v1'),
  SCENARIO_MAX_CONCURRENT: optional(wholeNumber(1)),
  AIMLAPI_API_KEY: optional(z.string()),
  AIMLAPI_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.aimlapi.com'),
  AIMLAPI_MAX_CONCURRENT: optional(wholeNumber(1)),
  PROVIDER_ORDER: optional(z.string())
    .transform(namesIn)
    .pipe(
      z.array(z.enum(providerNames, `must be providers, separated by commas: ${providerNames.join(', ')}`)),
    ),
  MAX_OUTPUT_BYTES: optional(wholeNumber(1)).transform((bytes) => bytes ?? 2 * gibibytes),
  RETENTION_DAYS: optional(wholeNumber(0, maxRetentionDays)).transform((days) => days ?? 0),
  PRUNE_AFTER_DAYS: optional(wholeNumber(0, maxRetentionDays)).transform((days) => days ?? 30),
  INDEXED_METADATA: optional(z.string()).transform(indexedKeys),
  // A word turns it off, since a blank means the default, as for every setting.
  DNS_CHECK_URL: optional(z.union([z.literal('off'), httpUrl(urlOrOff)], urlOrOff)).transform(resolverUrl),
  OUTPUT_HOSTS: optional(z.string())
    .transform((list) => (list === undefined ? undefined : namesIn(list.toLowerCase())))
    .pipe(z.array(z.string().regex(hostName, hostNames)).min(1, hostNames).optional()),
  ALLOW_PRIVATE_NETWORK: optional(z.enum(['true', 'false'], 'must be true or false')).transform(
    (allowed) => allowed === 'true',
  ),
})

type Values = z.infer<typeof environmentSchema>
