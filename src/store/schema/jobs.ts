/** Jobs, their timeline and the webhooks that providers posted for them. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { jobStatuses } from '../../core/job/job.ts'
import { models, providerNames } from '../../core/request/choices.ts'

/** Milliseconds since 1970, UTC. Every such column is named `…_at`. */
export const at = (name: string) => integer(name)

/**
 * It has a rowid, unlike the others: a request is often longer than a kilobyte, and without a rowid SQLite gives each row
 * longer than about a kilobyte a page of its own, 4 KB.
 */
export const jobs = sqliteTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    status: text('status', { enum: jobStatuses }).notNull(),
    model: text('model', { enum: models }).notNull(),
    /** The provider that makes it, or the first one to try. */
    provider: text('provider', { enum: providerNames }).notNull(),
    /** The providers that may be tried, in order, as JSON. */
    providers: text('providers').notNull(),
    /** The request as JSON; its shape is `storedRequestSchema`. */
    request: text('request').notNull(),
    /** The parts of the request that are honored only in part, as JSON. */
    warnings: text('warnings').notNull(),
    /** The estimated cost per provider, as JSON; its shape is `estimatesSchema`. */
    estimates: text('estimates').notNull().default('{}'),
    /** Why the providers have their order, as JSON; its shape is `choiceSchema`. Null: the request and the estimates show it. */
    choice: text('choice'),
    progress: integer('progress'),
    /** Why the job failed, as JSON. */
    fault: text('fault'),
    apiKeyId: text('api_key_id').notNull(),
    /** That of the API key. Null: it had none. */
    project: text('project'),
    /** Encrypted. Null: the API key's secret signs. */
    callbackSecret: text('callback_secret'),
    /** The headers that its callbacks carry: their names, and all of it encrypted (deliveries/callback-headers.ts). */
    callbackHeaders: text('callback_headers'),
    /** The amount that the API key's budget reserved, in millionths of a US dollar. Null: the key had no budget. */
    reservedMicros: integer('reserved_micros'),
    idempotencyKey: text('idempotency_key'),
    /** SHA-256 of the request that came with the idempotency key (core/request/fingerprint.ts). */
    idempotencyHash: text('idempotency_hash'),
    /** The job whose request this one repeats; it may have been erased since. */
    retryOf: text('retry_of'),
    createdAt: at('created_at').notNull(),
    deadlineAt: at('deadline_at').notNull(),
    settledAt: at('settled_at'),
    /** When the job next needs work. While it is leased it stays as it was, and is in the past. Null once settled. */
    dueAt: at('due_at'),
    /** The token of the step that holds the row; only its holder may commit. */
    lease: text('lease'),
    /** When the lease ends. In no index, so that a claim and a renewal write one row. Null: no step holds the row. */
    leasedUntil: at('leased_until'),
    /** A webhook was received while a step held the row. */
    wokenAt: at('woken_at'),
    /** How many webhooks were received after the job's end, and when the first was. Their bodies are not stored. */
    lateWebhooks: integer('late_webhooks').notNull().default(0),
    lateWebhookAt: at('late_webhook_at'),
    /** Since when the job waits for a slot at a provider. Null: it does not wait. */
    waitingSince: at('waiting_since'),
    /** When the job is erased; for an erased job, when its row is next looked at. Null: never, or not settled yet. */
    eraseAt: at('erase_at'),
    /** The job is gone for every caller. The sweep still needs this row to delete objects and to notify. */
    erasedAt: at('erased_at'),
    /** When its timeline, its webhooks, the answers of providers and the content of its deliveries were deleted. Null: they are stored. */
    prunedAt: at('pruned_at'),
    /** The W3C trace context that the caller sent, as `traceparent` has it. Null: none (core/trace.ts). */
    traceparent: text('traceparent'),
  },
  (table) => [
    // For lists, and for the sweep: the unsettled jobs are three ranges of it.
    index('jobs_list').on(table.status, table.provider, table.model, table.id).where(sql`erased_at IS NULL`),
    index('jobs_project').on(table.project, table.id).where(sql`project IS NOT NULL AND erased_at IS NULL`),
    index('jobs_erase').on(table.eraseAt).where(sql`erase_at IS NOT NULL`),
    uniqueIndex('jobs_idempotency')
      .on(table.apiKeyId, table.idempotencyKey)
      .where(sql`idempotency_key IS NOT NULL`),
  ],
)

/** The row is deleted with its job. */
export const jobId = () =>
  text('job_id')
    .notNull()
    .references(() => jobs.id, { onDelete: 'cascade' })

/**
 * The metadata of each job that is not erased, for the list of jobs. No reference to the job: SQLite would look for the rows
 * of a deleted job in the whole table. WITHOUT ROWID.
 */
export const jobMetadata = sqliteTable(
  'job_metadata',
  {
    key: text('key').notNull(),
    value: text('value').notNull(),
    jobId: text('job_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.value, table.jobId] })],
)

/** The webhooks that providers posted. WITHOUT ROWID. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    jobId: jobId(),
    /** SHA-256 of the body: a repeated webhook is the same row. */
    hash: text('hash').notNull(),
    provider: text('provider', { enum: providerNames }).notNull(),
    body: text('body').notNull(),
    receivedAt: at('received_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.hash] })],
)

/** The entries of the timeline that no other row shows (core/job/timeline.ts). WITHOUT ROWID. */
export const events = sqliteTable(
  'events',
  {
    jobId: jobId(),
    id: text('id').notNull(),
    type: text('type').notNull(),
    /** JSON. */
    data: text('data').notNull(),
    /** The body that several of its deliveries send: the same bytes on every attempt. Null: each has its own. */
    body: text('body'),
    createdAt: at('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.id] })],
)
