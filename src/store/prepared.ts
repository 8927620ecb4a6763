/**
 * Statements whose SQL text is built once per isolate. Drizzle builds the text of a statement on each use, which takes
 * more CPU than D1's own client. A statement of the hot path has the same text each time, with other values.
 */
import { is, Param, Placeholder, type Query, type SQL, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { Database } from './database.ts'

/** The place of a value in a prepared statement. */
export function value<T>(name: string): SQL<T> {
  return sql<T>`${sql.placeholder(name)}`
}

/** For an INSERT of whole rows: each column is the place of the value of its name. */
export function valuesOf<Column extends string>(columns: Record<Column, unknown>) {
  const places = Object.keys(columns).map((name) => [name, sql.placeholder(name)])
  const typed: Record<Column, Placeholder> = Object.fromEntries(places)
  return typed
}

/** For an UPDATE: the names that are columns, each the place of the value of its name. */
export function placesIn(columns: object, names: readonly string[]): Record<string, SQL> {
  return Object.fromEntries(names.filter((name) => name in columns).map((name) => [name, value(name)]))
}

/** A row without any values, for an INSERT by `valuesOf` that leaves columns out. */
export function emptyRow(columns: object): Record<string, null> {
  return Object.fromEntries(Object.keys(columns).map((name) => [name, null]))
}

type Statement = BatchItem<'sqlite'> & { prepare(): { getQuery(): Query } }

/** A statement. `build` runs once; each use gives the values of all places by name. */
export function prepared<Item extends Statement>(
  build: (db: Database) => Item,
): (db: Database, values: Record<string, unknown>) => Item {
  let template: { item: Item; statement: object; query: Query } | undefined
  return (db, values) => {
    if (template === undefined) {
      const item = build(db)
      const statement = item.prepare()
      template = { item, statement, query: statement.getQuery() }
    }
    const { item, statement, query } = template
    const params = query.params.map((param) => parameterOf(param, values))
    // The same statement for this database, with these values. Drizzle's `batch` calls `_prepare`, and `await` `execute`.
    const bound = Object.create(statement, {
      stmt: { value: db.$client.prepare(query.sql) },
      query: { value: { ...query, params } },
    })
    return Object.create(item, {
      _prepare: { value: () => bound },
      execute: { value: () => bound.execute() },
    })
  }
}

/** The same for a statement whose columns vary: `build` runs once for each set of names. */
export function preparedByNames<Item extends Statement>(
  build: (db: Database, names: string[]) => Item,
): (db: Database, values: Record<string, unknown>) => Item {
  const byNames = new Map<string, (db: Database, values: Record<string, unknown>) => Item>()
  return (db, values) => {
    const names = Object.keys(values)
    const key = names.join()
    const known = byNames.get(key)
    if (known !== undefined) return known(db, values)
    const statement = prepared((database) => build(database, names))
    byNames.set(key, statement)
    return statement(db, values)
  }
}

/** A column encodes its value, as it does in a statement that is not prepared. */
function parameterOf(param: unknown, values: Record<string, unknown>): unknown {
  if (is(param, Placeholder)) return given(values, param.name)
  if (!is(param, Param) || !is(param.value, Placeholder)) return param
  const plain = given(values, param.value.name)
  return plain === null ? null : param.encoder.mapToDriverValue(plain)
}

function given(values: Record<string, unknown>, name: string): unknown {
  const plain = values[name]
  if (plain === undefined) throw new Error(`a prepared statement has no value for ${name}`)
  return plain
}
