/** The copies of outputs in the bucket of the settings EXPORT_*. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { exportStatuses } from '../../core/export.ts'
import { at, jobId } from './jobs.ts'

/** The exports of stored outputs. Without EXPORT_* there is none. WITHOUT ROWID. */
export const outputExports = sqliteTable(
  'exports',
  {
    jobId: jobId(),
    n: integer('n').notNull(),
    status: text('status', { enum: exportStatuses }).notNull(),
    attempts: integer('attempts').notNull(),
    /** When the next attempt is due; under a lease, when the lease ends. Null: it has ended. */
    dueAt: at('due_at'),
    /** The token of the attempt that holds the row; only its holder may commit. */
    lease: text('lease'),
    /** Why the last attempt failed. */
    error: text('error'),
    /** Where the copy is. Null until it is there. */
    url: text('url'),
    key: text('key'),
    exportedAt: at('exported_at'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.n] }),
    index('exports_due').on(table.dueAt).where(sql`due_at IS NOT NULL`),
  ],
)
