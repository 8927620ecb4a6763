/** Parses the environment into a Config, once. No other file reads an environment variable. */
import type { z } from 'zod'
import type { AlertTarget } from './core/alert-target.ts'
import type { VersionedSecret } from './core/crypto/derived-keys.ts'
import type { ExportTarget } from './core/export.ts'
import type { Limits } from './core/job/concurrency.ts'
import type { Model, ProviderName } from './core/request/choices.ts'
import { countShards } from './core/shards.ts'
import type { NetworkPolicy } from './core/url/policy.ts'
import { type Accounts, sellers } from './providers/index.ts'
import { simulator } from './providers/simulator/index.ts'
import { type Settings, settingsSchema } from './settings.ts'

export interface Config {
  publicBaseUrl: string
  signingSecret: VersionedSecret
  adminApiKey: string
  accounts: Accounts
  /** The providers that `auto` prefers, in order. The others come after them. */
  providerOrder: ProviderName[]
  /** Further names of models, which the faces accept (api/faces/models.ts). */
  modelAliases: ReadonlyMap<string, Model>
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
  /** The bucket that stored outputs are copied to. Null: none. */
  exportTarget: ExportTarget | null
  /** Whether the jobs of each day are exported to R2. */
  nightlyExport: boolean
  alerts: AlertTarget | null
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; faults: string[] }

export function settingNames(): string[] {
  return [settingsSchema, ...sellerSettings].flatMap(({ shape }) => Object.keys(shape))
}

/** Reports every invalid setting at once, by name and without its value. */
export function readConfig(environment: object): ConfigResult {
  const shards = countShards(environment)
  if (!shards.ok) return { ok: false, faults: [shards.fault] }
  const { data: values, error } = settingsSchema.safeParse(environment)
  const errors = [error, ...sellerSettings.map((settings) => settings.safeParse(environment).error)]
  const issues = errors.flatMap((one) => one?.issues ?? [])
  const faults = [...issues.map(describeIssue), ...missingExportSettings(environment)]
  if (values === undefined || faults.length > 0) return { ok: false, faults: [...new Set(faults)] }
  return {
    ok: true,
    config: {
      publicBaseUrl: values.PUBLIC_BASE_URL,
      signingSecret: secretVersions(values),
      adminApiKey: values.ADMIN_API_KEY,
      accounts: {
        ...accountsIn(environment),
        simulator: simulator({
          baseUrl: `${values.PUBLIC_BASE_URL}/simulator`,
          secret: secretVersions(values),
          isForEveryone: values.SIMULATOR,
        }),
      },
      providerOrder: values.PROVIDER_ORDER,
      modelAliases: values.MODEL_ALIASES,
      limits: limitsIn(environment),
      maxOutputBytes: values.MAX_OUTPUT_BYTES,
      retentionDays: values.RETENTION_DAYS,
      pruneAfterDays: values.PRUNE_AFTER_DAYS,
      indexedMetadata: values.INDEXED_METADATA,
      dnsCheckUrl: values.DNS_CHECK_URL,
      outputHosts: values.OUTPUT_HOSTS,
      reach: values.ALLOW_PRIVATE_NETWORK ? 'any' : 'public',
      exportTarget: exportTargetOf(values),
      nightlyExport: values.NIGHTLY_EXPORT,
      alerts:
        values.ALERT_URL === undefined
          ? null
          : { url: values.ALERT_URL, summaryHour: values.ALERT_SUMMARY_HOUR },
    },
  }
}

function accountsIn(environment: object): Accounts {
  const accounts = Object.entries(sellers).map(
    ([name, seller]) => [name, seller.readAccount(environment)] as const,
  )
  return Object.fromEntries(accounts.filter(([, account]) => account !== null))
}

function limitsIn(environment: object): Limits {
  return Object.fromEntries(
    Object.entries(sellers).map(([name, seller]) => [name, seller.readLimit(environment)]),
  )
}

/** All of them, or none: a part of them exports nothing, and its operator would not notice. */
function missingExportSettings(environment: object): string[] {
  const isSet = (name: string) => Boolean(Reflect.get(environment, name))
  const first = [...exportSettings, ...optionalExportSettings].find(isSet)
  if (first === undefined) return []
  return exportSettings.filter((name) => !isSet(name)).map((name) => `${name} is not set, but ${first} is`)
}

function exportTargetOf({
  EXPORT_ENDPOINT: endpoint,
  EXPORT_BUCKET: bucket,
  EXPORT_ACCESS_KEY_ID: accessKeyId,
  EXPORT_SECRET_ACCESS_KEY: secretAccessKey,
  EXPORT_REGION: region,
  EXPORT_PREFIX: prefix,
}: Settings): ExportTarget | null {
  if (endpoint === undefined || bucket === undefined) return null
  if (accessKeyId === undefined || secretAccessKey === undefined) return null
  return { endpoint, bucket, region, accessKeyId, secretAccessKey, prefix }
}

function secretVersions({
  SIGNING_SECRET: current,
  SIGNING_SECRET_PREVIOUS: previous,
}: Settings): VersionedSecret {
  return previous === undefined || previous === current ? [current] : [current, previous]
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  // The path continues into lists; the setting is its first step.
  return `${String(path[0])} ${message}`
}

const sellerSettings = Object.values(sellers).map(({ settings }) => settings)

const exportSettings = [
  'EXPORT_ENDPOINT',
  'EXPORT_BUCKET',
  'EXPORT_ACCESS_KEY_ID',
  'EXPORT_SECRET_ACCESS_KEY',
] as const satisfies (keyof Settings)[]
const optionalExportSettings = ['EXPORT_REGION', 'EXPORT_PREFIX'] as const satisfies (keyof Settings)[]
