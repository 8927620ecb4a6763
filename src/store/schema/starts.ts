/** The starts of jobs by clients that repeat a lost request without an Idempotency-Key. */
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { at } from './jobs.ts'

/** One row per start, for as long as a repetition may follow, in the control database. WITHOUT ROWID. */
export const starts = sqliteTable(
  'starts',
  {
    /** No reference: the admin key has no row. */
    apiKeyId: text('api_key_id').notNull(),
    /** SHA-256 of what the request asks for, files included. */
    fingerprint: text('fingerprint').notNull(),
    startedAt: at('started_at').notNull(),
    /** That of the job: of the requests that share it, one makes the job. */
    idempotencyKey: text('idempotency_key').notNull(),
    /** Its request said that it repeats another, and no start of that one was found. */
    isRepetition: integer('is_repetition', { mode: 'boolean' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.apiKeyId, table.fingerprint, table.startedAt, table.idempotencyKey] }),
  ],
)
