/** Env → Config, parsed once. Nothing else reads a raw environment string. */
import { z } from 'zod'
import { type ProviderName, providerNames } from './core/request.ts'
import type { Reach } from './core/target.ts'
import type { Accounts } from './providers/index.ts'

export interface Config {
  publicBaseUrl: string
  signingSecret: string
  adminApiKey: string
  accounts: Accounts
  /** The order in which `auto` asks; who is not in it comes after. */
  providerOrder: ProviderName[]
  maxOutputBytes: number
  /** Where finished videos may be fetched from, and below; unset, from any public host. */
  outputHosts?: string[] | undefined
  reach: Reach
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; faults: string[] }

// An unset variable may come as an empty string (wrangler.toml, .env files).
const blankAsUnset = (value: unknown) => (value === '' ? undefined : value)
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blankAsUnset, schema.optional())

const baseUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''))

const gibibytes = 1024 ** 3

// As the URL parser writes it: in lower case, without a port.
const hostName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/

const environmentSchema = z.object({
  PUBLIC_BASE_URL: z.preprocess(blankAsUnset, baseUrl),
  SIGNING_SECRET: z.preprocess(blankAsUnset, z.string().min(32, 'must have at least 32 characters')),
  ADMIN_API_KEY: z.preprocess(blankAsUnset, z.string().min(16, 'must have at least 16 characters')),
  RUNWARE_API_KEY: optional(z.string()),
  RUNWARE_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.runware.ai/v1'),
  CRUN_API_KEY: optional(z.string()),
  CRUN_USD_PER_CREDIT: optional(z.coerce.number().positive()),
  CRUN_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.crun.ai'),
  SCENARIO_SDK_API_KEY: optional(z.string()),
  SCENARIO_SDK_API_SECRET: optional(z.string()),
  SCENARIO_USD_PER_UNIT: optional(z.coerce.number().positive()),
  SCENARIO_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.cloud.scenario.com/v1'),
  AIMLAPI_API_KEY: optional(z.string()),
  AIMLAPI_BASE_URL: optional(baseUrl).transform((url) => url ?? 'https://api.aimlapi.com'),
  PROVIDER_ORDER: optional(z.string())
    .transform(namesOf)
    .pipe(z.array(z.enum(providerNames))),
  MAX_OUTPUT_BYTES: optional(z.coerce.number().int().positive()).transform((bytes) => bytes ?? 2 * gibibytes),
  OUTPUT_HOSTS: optional(z.string())
    .transform((list) => (list === undefined ? undefined : namesOf(list.toLowerCase())))
    .pipe(z.array(z.string().regex(hostName, 'must be names of hosts')).min(1).optional()),
  ALLOW_PRIVATE_NETWORK: optional(z.enum(['true', 'false'])).transform((allowed) => allowed === 'true'),
})

/** Every fault of the environment at once, by name; never a value. */
export function readConfig(environment: object): ConfigResult {
  const parsed = environmentSchema.safeParse(environment)
  if (!parsed.success) return { ok: false, faults: parsed.error.issues.map(sayFault) }
  const values = parsed.data
  return {
    ok: true,
    config: {
      publicBaseUrl: values.PUBLIC_BASE_URL,
      signingSecret: values.SIGNING_SECRET,
      adminApiKey: values.ADMIN_API_KEY,
      accounts: {
        ...(values.RUNWARE_API_KEY && {
          runware: { apiKey: values.RUNWARE_API_KEY, baseUrl: values.RUNWARE_BASE_URL },
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
      maxOutputBytes: values.MAX_OUTPUT_BYTES,
      outputHosts: values.OUTPUT_HOSTS,
      reach: values.ALLOW_PRIVATE_NETWORK ? 'any' : 'public',
    },
  }
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
