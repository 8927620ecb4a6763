/** D1 through drizzle. Nothing outside this folder writes SQL. */
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'

export type Database = DrizzleD1Database

export function openDatabase(binding: D1Database): Database {
  return drizzle(binding)
}

/** What D1 said: drizzle wraps it, and the reason is the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return `${error.message} ${reasonOf(error.cause)}`
}
