/**
 * The settings of the Worker beside those of its providers (providers/): each name, and the values that it may have
 * (setting-kinds.ts).
 */
import { z } from 'zod'
import { models, sellerNames } from './core/request/choices.ts'
import { maxRetentionDays } from './core/retention.ts'
import * as kinds from './setting-kinds.ts'

const { optional, required } = kinds

const gibibytes = 1024 ** 3

export const settingsSchema = z.object({
  PUBLIC_BASE_URL: required(kinds.baseUrl),
  SIGNING_SECRET: required(kinds.secret(32)),
  SIGNING_SECRET_PREVIOUS: optional(kinds.secret(32)),
  ADMIN_API_KEY: required(kinds.secret(16)),
  SIMULATOR: kinds.either('on', 'off'),
  PROVIDER_ORDER: kinds.names.pipe(
    z.array(z.enum(sellerNames, `must be providers, separated by commas: ${sellerNames.join(', ')}`)),
  ),
  MODEL_ALIASES: kinds.aliasesOf(models, 'sora-2=seedance-2.0-fast,sora-2-pro=seedance-2.0'),
  MAX_OUTPUT_BYTES: optional(kinds.wholeNumber(1)).transform((bytes) => bytes ?? 2 * gibibytes),
  RETENTION_DAYS: optional(kinds.wholeNumber(0, maxRetentionDays)).transform((days) => days ?? 0),
  PRUNE_AFTER_DAYS: optional(kinds.wholeNumber(0, maxRetentionDays)).transform((days) => days ?? 30),
  INDEXED_METADATA: kinds.allOrNames,
  DNS_CHECK_URL: kinds.urlUnlessOff('https://cloudflare-dns.com/dns-query'),
  OUTPUT_HOSTS: kinds.hosts,
  EXPORT_ENDPOINT: optional(kinds.baseUrl),
  EXPORT_BUCKET: optional(kinds.bucket),
  EXPORT_ACCESS_KEY_ID: optional(kinds.text),
  EXPORT_SECRET_ACCESS_KEY: optional(kinds.text),
  EXPORT_REGION: optional(kinds.text).transform((region) => region ?? 'auto'),
  EXPORT_PREFIX: optional(kinds.keyPrefix).transform((prefix) => prefix ?? ''),
  NIGHTLY_EXPORT: kinds.either('on', 'off'),
  ALERT_URL: optional(kinds.url),
  ALERT_SUMMARY_HOUR: kinds.wholeNumberUnlessOff(8, { min: 0, max: 23 }),
  ALLOW_PRIVATE_NETWORK: kinds.either('true', 'false'),
})

export type Settings = z.infer<typeof settingsSchema>
