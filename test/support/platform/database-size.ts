/**
 * The size of D1 as it is in production: `meta.size_after` comes with each result, and 10 GB is the limit. The local one
 * reports a few hundred kilobytes; this wrapper reports a share of the limit that the test sets.
 */
import { maxDatabaseBytes } from '../../../src/core/database-size.ts'

export interface SizedDatabase {
  binding: D1Database
  /** From 0 to 1. */
  setShare: (share: number) => void
  /** How many calls were made until now. */
  calls: () => number
}

export function withDatabaseSize(database: D1Database, initialShare: number): SizedDatabase {
  let share = initialShare
  let calls = 0
  const sized = <T extends D1Result>(result: T): T => ({
    ...result,
    meta: { ...result.meta, size_after: Math.round(share * maxDatabaseBytes) },
  })
  const originals = new WeakMap<object, D1PreparedStatement>()
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      run: async () => called(sized(await statement.run())),
      all: async () => called(sized(await statement.all())),
      raw: async () => called(await statement.raw()),
    } as unknown as D1PreparedStatement
    originals.set(wrapped, statement)
    return wrapped
  }
  const called = <T>(result: T): T => {
    calls += 1
    return result
  }
  const binding = {
    prepare: (sql: string) => wrap(database.prepare(sql)),
    batch: async (batch: D1PreparedStatement[]) =>
      called((await database.batch(batch.map((one) => originals.get(one) ?? one))).map(sized)),
  } as unknown as D1Database
  return {
    binding,
    setShare: (next) => {
      share = next
    },
    calls: () => calls,
  }
}
