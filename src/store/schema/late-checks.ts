/** The jobs that failed at their deadline and whose providers may still finish a video. */
import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { at, jobId } from './jobs.ts'

/** One row per job, from its end until nothing more can come, or until the time for late results is over. WITHOUT ROWID. */
export const lateChecks = sqliteTable(
  'late_checks',
  {
    jobId: jobId().primaryKey(),
    /** When its provider is asked next. While the row is leased it stays as it was, and is in the past. */
    dueAt: at('due_at').notNull(),
    /** The token of the check that holds the row; only its holder may commit. */
    lease: text('lease'),
    leasedUntil: at('leased_until'),
    /** The provider sent something while a check held the row. */
    wokenAt: at('woken_at'),
  },
  (table) => [index('late_checks_due').on(table.dueAt)],
)
