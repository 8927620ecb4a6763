/** D1 through drizzle. Nothing outside this folder writes SQL. */
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'

export type Database = DrizzleD1Database & { $client: D1Database }

export function openDatabase(binding: D1Database): Database {
  return drizzle(binding)
}

/** The error's message with those of its causes: drizzle wraps the error of D1. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return `${error.message} ${reasonOf(error.cause)}`
}

/**
 * Whether D1 failed for a while, as opposed to a statement that is wrong or a database that is full. Failures of D1 are
 * listed at developers.cloudflare.com/d1/observability/debug-d1; an error of a statement carries SQLite's own code.
 */
export function isDatabaseTrouble(error: unknown): boolean {
  const reason = reasonOf(error)
  if (full.test(reason) || mistake.test(reason)) return false
  return trouble.test(reason) || (/\bD1_ERROR\b/.test(reason) && !/\bSQLITE_/.test(reason))
}

/** Whether the database or the account has no storage left: reads and deletes succeed, new rows do not. */
export function isDatabaseFull(error: unknown): boolean {
  return full.test(reasonOf(error))
}

const trouble =
  /\bD1 DB\b|object to be reset|Network connection lost|client disconnected|Replica disconnected|internal error; reference|SQLITE_(BUSY|IOERR|NOMEM|INTERRUPT)/
const full = /Exceeded maximum (DB size|account storage limit)|SQLITE_FULL/
const mistake = /No SQL statements detected/
