/** The reasons why a batch may be aborted. */
import { sql } from 'drizzle-orm'
import { check, sqliteTable, text } from 'drizzle-orm/sqlite-core'

const abortReasons = ['lease_lost', 'job_changed', 'not_erasable'] as const

export type AbortReason = (typeof abortReasons)[number]

/** Never has a row: the constraint of its name refuses each reason, which aborts the batch. WITHOUT ROWID. */
export const aborts = sqliteTable(
  'aborts',
  { reason: text('reason', { enum: abortReasons }).primaryKey() },
  () => abortReasons.map((reason) => check(reason, sql.raw(`reason <> '${reason}'`))),
)
