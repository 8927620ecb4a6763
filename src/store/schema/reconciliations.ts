/**
 * Daily work: the comparison of the bucket with the tables. Also the nightly export, the high-water mark of the database, the
 * totals, the measured times of providers, and their streaks of refusals.
 */
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { at } from './jobs.ts'

/** The progress of daily work, by name. The mark has its time in `due_at` and the last restoration in `last`. WITHOUT ROWID. */
export const reconciliations = sqliteTable('reconciliations', {
  name: text('name').primaryKey(),
  /** The part that is being compared. Null: the next run has not begun. */
  phase: text('phase'),
  /** Where its next page begins. */
  cursor: text('cursor'),
  /** When the next page is due; while a sweep holds it, when another may take over. */
  dueAt: at('due_at').notNull(),
  startedAt: at('started_at'),
  /** The counts of this run so far, as JSON. */
  counts: text('counts').notNull(),
  /** The counts of the last complete run, as JSON. In the row of the totals: the measured times. */
  last: text('last'),
})
