/** The progress of pruning. */
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { jobId } from './jobs.ts'

/** The job that pruning passed last, in the order of their ids. One row, from the first round on. WITHOUT ROWID. */
export const pruneProgress = sqliteTable('prune_progress', {
  name: text('name').primaryKey(),
  /** No reference: the job may have been erased since. */
  jobId: text('job_id').notNull(),
})

/** The jobs that pruning has passed and could not prune yet. WITHOUT ROWID. */
export const postponedPrunes = sqliteTable('postponed_prunes', {
  jobId: jobId().primaryKey(),
})
