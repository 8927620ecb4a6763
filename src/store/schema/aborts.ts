/** The reasons for which a batch aborts itself; see abort-unless.ts. */
import { sql } from 'drizzle-orm'
import { check, sqliteTable, text } from 'drizzle-orm/sqlite-core'

const abortReasons = ['lease_lost', 'job_changed', 'not_erasable'] as const

export type AbortReason = (typeof abortReasons)[number]

/** Never has a row: each reason is refused by the constraint of its name, which aborts the batch. WITHOUT ROWID. */
export const aborts = sqliteTable(
  'aborts',
  { reason: text('reason', { enum: abortReasons }).primaryKey() },
  () => abortReasons.map((reason) => check(reason, sql.raw(`reason <> '${reason}'`))),
)
