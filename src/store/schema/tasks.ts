/** The submission record: tasks, the slots they hold, and the videos they produced. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { completionSources, taskStatuses } from '../../core/job/task.ts'
import { providerNames } from '../../core/request/choices.ts'
import { at, jobId } from './jobs.ts'

/** The submission record of each job. WITHOUT ROWID. */
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
    /** When the response to one of its calls was first lost. */
    unknownAt: at('unknown_at'),
    submittedAt: at('submitted_at'),
    endedAt: at('ended_at'),
    /** The media sent to the provider, by their path in the request, as JSON; its shape is `inputsSchema`. */
    inputs: text('inputs'),
    completedVia: text('completed_via', { enum: completionSources }),
    /** The provider was given a URL to PUT the video to. */
    awaitsUpload: integer('awaits_upload', { mode: 'boolean' }).notNull().default(false),
    /** The video that the provider uploaded, in R2, as JSON; its shape is `receivedVideoSchema`. */
    receivedVideo: text('received_video'),
    cost: text('cost'),
    fault: text('fault'),
    /** Why polls failed, and since when, as JSON; its shape is `pollFailureRecordSchema`. */
    pollFailure: text('poll_failure'),
    /** The last answers of the provider, redacted, as JSON; their shape is `answersSchema`. Null: none, or pruned. */
    answers: text('answers'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.n] }),
    // A provider's task belongs to one row. Partial: a row is in the index only once its provider task is known.
    uniqueIndex('tasks_by_provider_task')
      .on(table.provider, table.providerTaskId)
      .where(sql`provider_task_id IS NOT NULL`),
  ],
)

/** The slots taken at providers with a limit, by the tasks that hold them. WITHOUT ROWID. */
export const slots = sqliteTable(
  'slots',
  {
    provider: text('provider', { enum: providerNames }).notNull(),
    jobId: text('job_id').notNull(),
    n: integer('n').notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.jobId, table.n] })],
)

/** The jobs that wait for a slot at a provider. Job ids sort by time, so the first is the oldest. WITHOUT ROWID. */
export const waits = sqliteTable(
  'waits',
  {
    provider: text('provider', { enum: providerNames }).notNull(),
    jobId: text('job_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.jobId] })],
)

/** The videos of each job. WITHOUT ROWID. */
export const outputs = sqliteTable(
  'outputs',
  {
    jobId: jobId(),
    n: integer('n').notNull(),
    taskN: integer('task_n').notNull(),
    /** The provider's id of it. */
    remoteId: text('remote_id').notNull(),
    /** Empty: the provider named no URL. */
    sourceUrl: text('source_url').notNull(),
    status: text('status', { enum: ['waiting', 'stored', 'failed'] }).notNull(),
    attempts: integer('attempts').notNull(),
    fault: text('fault'),
    key: text('key'),
    contentType: text('content_type'),
    bytes: integer('bytes'),
    sha256: text('sha256'),
    storedAt: at('stored_at'),
    /** How its bytes came into R2. */
    storedVia: text('stored_via', { enum: ['download', 'upload'] }),
    /** When its header was read, or could not be. Null: not yet. */
    metadataReadAt: at('metadata_read_at'),
    /** The provider's status never named it: a webhook or an upload did. */
    unconfirmed: integer('unconfirmed', { mode: 'boolean' }).notNull().default(false),
    /** It was made after the job had failed at its deadline. */
    late: integer('late', { mode: 'boolean' }).notNull().default(false),
    /** From here on: what the header of the stored file says. */
    width: integer('width'),
    height: integer('height'),
    durationSeconds: real('duration_seconds'),
    frameRate: real('frame_rate'),
    videoCodec: text('video_codec'),
    audioCodec: text('audio_codec'),
    hasAudio: integer('has_audio', { mode: 'boolean' }),
    /** When its object was found missing from the bucket. */
    lostAt: at('lost_at'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.n] }),
    index('outputs_lost').on(table.lostAt).where(sql`lost_at IS NOT NULL`),
  ],
)

/** The hosts that a provider's status responses have named for its videos. WITHOUT ROWID. */
export const outputHosts = sqliteTable(
  'output_hosts',
  {
    provider: text('provider', { enum: providerNames }).notNull(),
    host: text('host').notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.host] })],
)
