/** The media of callers. */
import { sql } from 'drizzle-orm'
import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { mediaKinds } from '../../core/request/media.ts'
import { at, jobs } from './jobs.ts'

/** The media that callers uploaded, or embedded in a request. WITHOUT ROWID. */
export const assets = sqliteTable(
  'assets',
  {
    id: text('id').primaryKey(),
    apiKeyId: text('api_key_id').notNull(),
    /** That of the API key. Null: it had none. */
    project: text('project'),
    kind: text('kind', { enum: mediaKinds }).notNull(),
    contentType: text('content_type').notNull(),
    bytes: integer('bytes').notNull(),
    /** In hex. */
    sha256: text('sha256').notNull(),
    /** The caller's name for it, if any. */
    fileName: text('file_name'),
    createdAt: at('created_at').notNull(),
    /** The job whose request it came in: only that job uses it, and it is erased with it. Null: it was uploaded. */
    jobId: text('job_id').references(() => jobs.id, { onDelete: 'cascade' }),
    /** Its R2 key, if it belongs to a job. */
    key: text('key'),
    /** When its object was found missing from the bucket. */
    lostAt: at('lost_at'),
    /** From here on: what the header of the file says. */
    width: integer('width'),
    height: integer('height'),
    durationSeconds: real('duration_seconds'),
  },
  (table) => [
    index('assets_job').on(table.jobId).where(sql`job_id IS NOT NULL`),
    index('assets_lost').on(table.lostAt).where(sql`lost_at IS NOT NULL`),
  ],
)
