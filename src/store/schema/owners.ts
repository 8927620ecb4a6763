/** The owners of deliveries: API keys and endpoints, and the callbacks that are disabled. */
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { eventFormats } from '../../core/event.ts'
import { at } from './jobs.ts'

export const apiKeys = sqliteTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the key, in hex: the key itself is shown once and never stored. */
  hash: text('hash').notNull().unique(),
  /** Signs this key's deliveries. Encrypted. */
  callbackSecret: text('callback_secret').notNull(),
  /** The secrets before it, each encrypted and with the end of its overlap, as JSON, the newest first. */
  retiredSecrets: text('retired_secrets').notNull().default('[]'),
  createdAt: at('created_at').notNull(),
  /** A revoked key authenticates nothing; its secret still signs the deliveries of its jobs. */
  revokedAt: at('revoked_at'),
  /** The project whose rows alone it sees. Null: it sees all rows. */
  project: text('project'),
  /** Its permissions, as JSON; the shape is `scopesSchema`. */
  scopes: text('scopes').notNull().default('["jobs:read","jobs:write","deliveries"]'),
  /** From then on it authenticates nothing. Null: never. */
  expiresAt: at('expires_at'),
  /** About when it was last used: written at most once an hour. */
  lastUsedAt: at('last_used_at'),
  /** The callback URL of its jobs that name none. */
  callbackUrl: text('callback_url'),
  /** Its own limit of requests. Null: that of the deployment. */
  requestsPerMinute: integer('requests_per_minute'),
  /** The limit of the cost of its jobs in a month, in millionths of a US dollar. Null: no limit. */
  monthlyBudgetMicros: integer('monthly_budget_micros'),
})

export const endpoints = sqliteTable('endpoints', {
  id: text('id').primaryKey(),
  url: text('url').notNull(),
  /** The host and the path of the URL. */
  host: text('host').notNull(),
  path: text('path').notNull(),
  description: text('description'),
  /** The types of the events it receives, as JSON. */
  eventTypes: text('event_types').notNull(),
  /** How their bodies are written. */
  format: text('format', { enum: eventFormats }).notNull().default('reelhook'),
  /** The metadata that a job must have, as JSON. */
  metadata: text('metadata').notNull(),
  /** Signs its deliveries. Encrypted. */
  secret: text('secret').notNull(),
  createdAt: at('created_at').notNull(),
  disabledAt: at('disabled_at'),
  disabledBy: text('disabled_by', { enum: ['user', 'failure'] }),
  /** It receives the events of this project's jobs only. Null: of all jobs. */
  project: text('project'),
})

/** The callbacks of an API key's jobs to a host that accepted nothing for days. WITHOUT ROWID. */
export const disabledCallbacks = sqliteTable(
  'disabled_callbacks',
  {
    /** No reference: the admin key has no row. */
    apiKeyId: text('api_key_id').notNull(),
    host: text('host').notNull(),
    failingSince: at('failing_since').notNull(),
    disabledAt: at('disabled_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.apiKeyId, table.host] })],
)
