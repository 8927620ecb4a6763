/** The counters of ended jobs. */
import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { models, providerNames } from '../../core/request/choices.ts'
import { at } from './jobs.ts'

/** How the jobs that were created in one hour ended. WITHOUT ROWID. */
export const counters = sqliteTable(
  'counters',
  {
    /** When the hour began. */
    hourAt: at('hour_at').notNull(),
    provider: text('provider', { enum: providerNames }).notNull(),
    model: text('model', { enum: models }).notNull(),
    /** That of the jobs. Empty: they had none. */
    project: text('project').notNull().default(''),
    /** Counts and sums by name (store/reports/counters.ts), as JSON: one row is written for each job that ends. */
    counts: text('counts').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hourAt, table.provider, table.model, table.project] })],
)
