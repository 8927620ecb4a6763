/** The alerts of the deployment. In the first database. */
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { at } from './jobs.ts'

/** One row per condition that was ever seen, such as `webhook_loss:runware`, and one for the daily summary. WITHOUT ROWID. */
export const alerts = sqliteTable('alerts', {
  name: text('name').primaryKey(),
  isRaised: integer('is_raised', { mode: 'boolean' }).notNull(),
  /** How many checks in a row said the opposite of `is_raised`: only several of them change it. */
  opposed: integer('opposed').notNull().default(0),
  changedAt: at('changed_at').notNull(),
  /** When the receiver accepted the message about the last change. Null: it is sent again. */
  sentAt: at('sent_at'),
  /** The figures of the last change, as JSON. */
  evidence: text('evidence').notNull().default('{}'),
})
