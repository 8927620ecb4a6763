/** Purges that the cache in front of the Worker still needs. */
import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { at } from './jobs.ts'

/** The cache tags of erased files, until they are purged, oldest first. WITHOUT ROWID. */
export const purges = sqliteTable(
  'purges',
  {
    createdAt: at('created_at').notNull(),
    /** The id of a job or of an uploaded asset. */
    tag: text('tag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.createdAt, table.tag] })],
)
