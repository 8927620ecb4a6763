/**
 * The tables. Rows written are what D1 bills, so a table whose rows are only ever reached through their job has
 * that job in its primary key and no rowid (the migration says WITHOUT ROWID), and the indexes that work is found by
 * hold unsettled rows only.
 */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { deliveryReasonNames, deliveryStatuses } from '../core/delivery.ts'
import { eventTypes } from '../core/event.ts'
import { jobStatuses } from '../core/job.ts'
import { mediaKinds } from '../core/request/media.ts'
import { models, providerNames } from '../core/request/request.ts'
import { completionSources, taskStatuses } from '../core/task.ts'

/** Milliseconds since 1970, UTC, in every column named `…_at`. */
const at = (name: string) => integer(name)

const jobId = () =>
  text('job_id')
    .notNull()
    .references(() => jobs.id, { onDelete: 'cascade' })

export const jobs = sqliteTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    status: text('status', { enum: jobStatuses }).notNull(),
    model: text('model', { enum: models }).notNull(),
    /** The one that makes it, or the first that will be asked. */
    provider: text('provider', { enum: providerNames }).notNull(),
    /** Those that may be asked, in order, as JSON. */
    providers: text('providers').notNull(),
    /** The request as JSON; its shape is `keptRequestSchema`. */
    request: text('request').notNull(),
    /** What is only partly honoured, as JSON. */
    warnings: text('warnings').notNull(),
    /** What it would cost at the providers, as JSON; its shape is `estimatesSchema`. */
    estimates: text('estimates').notNull().default('{}'),
    progress: integer('progress'),
    /** Why it failed, as JSON. */
    fault: text('fault'),
    apiKeyId: text('api_key_id').notNull(),
    /** Encrypted. Null: the API key's secret signs. */
    callbackSecret: text('callback_secret'),
    idempotencyKey: text('idempotency_key'),
    /** SHA-256 of the body that came with the idempotency key. */
    idempotencyHash: text('idempotency_hash'),
    /** The job whose request this one repeats; it may have been erased since. */
    retryOf: text('retry_of'),
    createdAt: at('created_at').notNull(),
    deadlineAt: at('deadline_at').notNull(),
    settledAt: at('settled_at'),
    /** When it is next owed work; while it is leased, when the lease ends. Null once settled. */
    dueAt: at('due_at'),
    /** The token of the step that holds the row; only its holder may commit. */
    lease: text('lease'),
    /** A webhook came while a step held the row. */
    wokenAt: at('woken_at'),
    /** How many webhooks came after its end, and when the first did. Their bodies are not kept. */
    lateWebhooks: integer('late_webhooks').notNull().default(0),
    lateWebhookAt: at('late_webhook_at'),
    /** Since when it waits for a slot at a provider. Null: it does not wait. */
    waitingSince: at('waiting_since'),
    /** When it is to be erased; of one that is, when what is left of it is. Null: never, or not settled yet. */
    eraseAt: at('erase_at'),
    /** It is gone, and this row nobody's but the sweep's: it holds what its last deliveries need. */
    erasedAt: at('erased_at'),
  },
  (table) => [
    index('jobs_due').on(table.dueAt).where(sql`due_at IS NOT NULL`),
    index('jobs_erase').on(table.eraseAt).where(sql`erase_at IS NOT NULL`),
    uniqueIndex('jobs_idempotency')
      .on(table.apiKeyId, table.idempotencyKey)
      .where(sql`idempotency_key IS NOT NULL`),
  ],
)

/** The submission ledger. WITHOUT ROWID. */
export const tasks = sqliteTable(
  'tasks',
  {
    jobId: jobId(),
    n: integer('n').notNull(),
    provider: text('provider', { enum: providerNames }).notNull(),
    clientReference: text('client_reference').notNull(),
    providerTaskId: text('provider_task_id'),
    wanted: integer('wanted').notNull(),
    status: text('status', { enum: taskStatuses }).notNull(),
    attempts: integer('attempts').notNull(),
    intendedAt: at('intended_at').notNull(),
    /** When the answer to one of its calls was first lost. */
    unknownAt: at('unknown_at'),
    submittedAt: at('submitted_at'),
    endedAt: at('ended_at'),
    /** The media handed to the provider, by their path in the request, as JSON; its shape is `inputsSchema`. */
    inputs: text('inputs'),
    completedVia: text('completed_via', { enum: completionSources }),
    /** It was given a URL to PUT its video to. */
    awaitsUpload: integer('awaits_upload', { mode: 'boolean' }).notNull().default(false),
    /** The video that came there, in R2, as JSON; its shape is `receivedVideoSchema`. */
    receivedVideo: text('received_video'),
    cost: text('cost'),
    fault: text('fault'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.n] }),
    // One task of a provider belongs to one line. Partial: a line is in it only once its task has a name.
    uniqueIndex('tasks_by_provider_task')
      .on(table.provider, table.providerTaskId)
      .where(sql`provider_task_id IS NOT NULL`),
  ],
)

/** The slots taken at providers with a limit, by the lines of the ledger that hold them. WITHOUT ROWID. */
export const slots = sqliteTable(
  'slots',
  {
    provider: text('provider', { enum: providerNames }).notNull(),
    jobId: text('job_id').notNull(),
    n: integer('n').notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.jobId, table.n] })],
)

/** The jobs that wait at a provider for a slot: their ids sort by time, so the first is the oldest. WITHOUT ROWID. */
export const waits = sqliteTable(
  'waits',
  {
    provider: text('provider', { enum: providerNames }).notNull(),
    jobId: text('job_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.jobId] })],
)

/** WITHOUT ROWID. */
export const outputs = sqliteTable(
  'outputs',
  {
    jobId: jobId(),
    n: integer('n').notNull(),
    taskN: integer('task_n').notNull(),
    /** What the provider calls it. */
    remoteId: text('remote_id').notNull(),
    /** Empty: the provider named none. */
    sourceUrl: text('source_url').notNull(),
    status: text('status', { enum: ['waiting', 'stored', 'failed'] }).notNull(),
    attempts: integer('attempts').notNull(),
    fault: text('fault'),
    key: text('key'),
    contentType: text('content_type'),
    bytes: integer('bytes'),
    sha256: text('sha256'),
    storedAt: at('stored_at'),
    /** The provider's status never named it: a webhook or an upload did. */
    unconfirmed: integer('unconfirmed', { mode: 'boolean' }).notNull().default(false),
    /** From here on: what the stored file's own header tells. */
    width: integer('width'),
    height: integer('height'),
    durationSeconds: real('duration_seconds'),
    frameRate: real('frame_rate'),
    videoCodec: text('video_codec'),
    audioCodec: text('audio_codec'),
    hasAudio: integer('has_audio', { mode: 'boolean' }),
    /** Since when it is known that its object is not in the bucket. */
    lostAt: at('lost_at'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.n] }),
    index('outputs_lost').on(table.lostAt).where(sql`lost_at IS NOT NULL`),
  ],
)

/** The hosts that a provider's status answers have named for its videos. WITHOUT ROWID. */
export const outputHosts = sqliteTable(
  'output_hosts',
  {
    provider: text('provider', { enum: providerNames }).notNull(),
    host: text('host').notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.host] })],
)

/** The journal of what providers posted. WITHOUT ROWID. */
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

/** The timeline. WITHOUT ROWID. */
export const events = sqliteTable(
  'events',
  {
    jobId: jobId(),
    id: text('id').notNull(),
    type: text('type').notNull(),
    /** JSON. */
    data: text('data').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.id] })],
)

/** WITHOUT ROWID. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: text('id').primaryKey(),
    jobId: jobId(),
    /** Null: it goes to the URL that came with the job. No reference: the log outlives the endpoint. */
    endpointId: text('endpoint_id'),
    eventId: text('event_id').notNull(),
    eventType: text('event_type', { enum: eventTypes }).notNull(),
    url: text('url').notNull(),
    /** The URL's. */
    host: text('host').notNull().default(''),
    path: text('path').notNull().default(''),
    /** Whose it is: the endpoint's id, or that of the API key that posted the job. */
    ownerId: text('owner_id').notNull().default(''),
    /** The same bytes on every attempt. */
    body: text('body').notNull(),
    status: text('status', { enum: deliveryStatuses }).notNull(),
    reason: text('reason', { enum: deliveryReasonNames }),
    attempts: integer('attempts').notNull(),
    /** Those made before it was last sent for again by hand: the schedule begins behind them. */
    attemptsBefore: integer('attempts_before').notNull().default(0),
    createdAt: at('created_at').notNull(),
    /** Null: it is over, or, while it is pending, it waits in its host's line. */
    dueAt: at('due_at'),
    lease: text('lease'),
  },
  (table) => [
    // Host and owner are in it so that an owner's attempts under way at one host are counted without reading the others.
    index('deliveries_due').on(table.dueAt, table.host, table.ownerId).where(sql`due_at IS NOT NULL`),
    index('deliveries_line').on(table.host, table.ownerId).where(sql`due_at IS NULL AND status = 'pending'`),
    index('deliveries_line_paths')
      .on(table.host, table.ownerId, table.path)
      .where(sql`due_at IS NULL AND status = 'pending'`),
    index('deliveries_job').on(table.jobId),
  ],
)

/**
 * Hosts of callers that are in trouble, or that deliveries wait in line for, by whose deliveries those are. One that
 * takes what it is sent has no row. WITHOUT ROWID.
 */
export const hosts = sqliteTable(
  'hosts',
  {
    host: text('host').notNull(),
    /** As in `deliveries`. */
    ownerId: text('owner_id').notNull(),
    /** Refusals of any kind since it last took something, and when the first and the last of them were. */
    failures: integer('failures').notNull(),
    failingSince: at('failing_since'),
    failedAt: at('failed_at'),
    /** How often in a row it was down: from `outagesToOpen` on the circuit is open. */
    outages: integer('outages').notNull(),
    /** The paths that were down since then, as JSON, the latest last; no more than `pathsToBelieve`. */
    failingPaths: text('failing_paths').notNull(),
    /** When its circuit may be tried, or its line is looked after. Null: nobody waits for it. */
    dueAt: at('due_at'),
    /** The lease of the delivery that tries the open circuit. */
    trial: text('trial'),
  },
  (table) => [
    primaryKey({ columns: [table.host, table.ownerId] }),
    index('hosts_due').on(table.dueAt).where(sql`due_at IS NOT NULL`),
  ],
)

export const endpoints = sqliteTable('endpoints', {
  id: text('id').primaryKey(),
  url: text('url').notNull(),
  /** The URL's. */
  host: text('host').notNull(),
  description: text('description'),
  /** The types of the events it is sent, as JSON. */
  eventTypes: text('event_types').notNull(),
  /** What a job's metadata must hold, as JSON. */
  metadata: text('metadata').notNull(),
  /** Signs its deliveries. Encrypted. */
  secret: text('secret').notNull(),
  createdAt: at('created_at').notNull(),
  disabledAt: at('disabled_at'),
  disabledBy: text('disabled_by', { enum: ['user', 'failure'] }),
})

/** The callbacks of an API key's jobs to a host that took nothing for days. WITHOUT ROWID. */
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

/** WITHOUT ROWID. */
export const attempts = sqliteTable(
  'attempts',
  {
    deliveryId: text('delivery_id')
      .notNull()
      .references(() => deliveries.id, { onDelete: 'cascade' }),
    n: integer('n').notNull(),
    startedAt: at('started_at').notNull(),
    durationMs: integer('duration_ms').notNull(),
    /** The HTTP status; null when no answer came. */
    status: integer('status'),
    error: text('error'),
    /** The first kilobyte of the answer. */
    answer: text('answer'),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.n] })],
)

export const apiKeys = sqliteTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the key, in hex: the key itself is shown once and kept nowhere. */
  hash: text('hash').notNull().unique(),
  /** Signs this key's deliveries. Encrypted. */
  callbackSecret: text('callback_secret').notNull(),
  /** What signed before it, each encrypted and until its overlap ends, as JSON, the newest first. */
  retiredSecrets: text('retired_secrets').notNull().default('[]'),
  createdAt: at('created_at').notNull(),
  /** A revoked key opens nothing; the deliveries of its jobs are still signed with its secret. */
  revokedAt: at('revoked_at'),
})

/** What callers uploaded, or embedded in a request. WITHOUT ROWID. */
export const assets = sqliteTable(
  'assets',
  {
    id: text('id').primaryKey(),
    apiKeyId: text('api_key_id').notNull(),
    kind: text('kind', { enum: mediaKinds }).notNull(),
    contentType: text('content_type').notNull(),
    bytes: integer('bytes').notNull(),
    /** In hex. */
    sha256: text('sha256').notNull(),
    /** What the caller calls it, if it says. */
    fileName: text('file_name'),
    createdAt: at('created_at').notNull(),
    /** The job that it came in: it is that job's alone, and goes with it. Null: it was uploaded by itself. */
    jobId: text('job_id').references(() => jobs.id, { onDelete: 'cascade' }),
    /** Where it lies, if it is a job's. */
    key: text('key'),
    /** Since when it is known that its object is not in the bucket. */
    lostAt: at('lost_at'),
    /** From here on: what the file's own header tells. */
    width: integer('width'),
    height: integer('height'),
    durationSeconds: real('duration_seconds'),
  },
  (table) => [
    index('assets_job').on(table.jobId).where(sql`job_id IS NOT NULL`),
    index('assets_lost').on(table.lostAt).where(sql`lost_at IS NOT NULL`),
  ],
)

/** How far the bucket and the tables are compared with each other: one row, made with the table. WITHOUT ROWID. */
export const reconciliations = sqliteTable('reconciliations', {
  name: text('name').primaryKey(),
  /** What is looked through now. Null: a round is to begin. */
  phase: text('phase'),
  /** Where the next page of it begins. */
  cursor: text('cursor'),
  /** When the next page is due; while it is looked through, when somebody else may. */
  dueAt: at('due_at').notNull(),
  startedAt: at('started_at'),
  /** What was found until now, as JSON. */
  counts: text('counts').notNull(),
  /** The last whole round, as JSON. */
  last: text('last'),
})
