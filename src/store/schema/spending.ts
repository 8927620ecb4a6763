/** The money that API keys with a budget have used, in the control database. */
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { at } from './jobs.ts'

/** The cost of the ended jobs that an API key posted in one month. WITHOUT ROWID. */
export const spending = sqliteTable(
  'spending',
  {
    apiKeyId: text('api_key_id').notNull(),
    /** UTC, as YYYY-MM. */
    month: text('month').notNull(),
    /** In millionths of a US dollar. */
    micros: integer('micros').notNull(),
  },
  (table) => [primaryKey({ columns: [table.apiKeyId, table.month] })],
)

/** The possible cost of each job that has not ended. The key is in front, so a sum reads one key's rows. WITHOUT ROWID. */
export const reservations = sqliteTable(
  'reservations',
  {
    apiKeyId: text('api_key_id').notNull(),
    month: text('month').notNull(),
    /** No reference: the job may be in another database, and is inserted later. */
    jobId: text('job_id').notNull(),
    /** In millionths of a US dollar. */
    micros: integer('micros').notNull(),
    /** When the sweep looks whether the job has ended. */
    dueAt: at('due_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.apiKeyId, table.month, table.jobId] })],
)
