import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

/** The column is one of the values. They are bound as one JSON array: a D1 statement takes at most 100 bound values. */
export function among(column: SQLWrapper, values: readonly string[]): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`
}
