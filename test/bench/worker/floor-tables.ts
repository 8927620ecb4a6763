/**
 * The floor's tables. A statement that writes `n` rows inserts one row into a table with `n - 1` indexes, because D1 counts
 * each index entry as a row. A statement that only reads takes that many rows from the beginning of a small table.
 */
import type { Statement, Unit } from '../floor-calls.ts'

const readableRows = 100

export async function createTables(database: D1Database, units: Unit[]): Promise<void> {
  const counts = new Set(
    units
      .flatMap(({ calls }) => calls)
      .flatMap((call) => (call.to === 'database' ? call.statements : []))
      .map(({ rowsWritten }) => rowsWritten),
  )
  const tables = [...counts].filter((count) => count > 0).flatMap(tableOf)
  await database.batch(
    [
      ...tables,
      'CREATE TABLE readable (id INTEGER PRIMARY KEY, body TEXT)',
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${readableRows})
       INSERT INTO readable (body) SELECT printf('%0400d', n) FROM numbers`,
    ].map((sql) => database.prepare(sql)),
  )
}

function tableOf(rowsWritten: number): string[] {
  const indexes = Array.from(
    { length: rowsWritten - 1 },
    (_, n) => `CREATE INDEX rows_${rowsWritten}_${n} ON rows_${rowsWritten} (key)`,
  )
  return [`CREATE TABLE rows_${rowsWritten} (id INTEGER PRIMARY KEY, key TEXT, body TEXT)`, ...indexes]
}

export function statementFor(database: D1Database, cost: Statement): D1PreparedStatement {
  const { rowsWritten, rowsRead, bytes } = cost
  if (rowsWritten > 0) {
    return database
      .prepare(`INSERT INTO rows_${rowsWritten} (key, body) VALUES (?, ?)`)
      .bind(crypto.randomUUID(), 'x'.repeat(Math.max(0, bytes - keyBytes)))
  }
  return database.prepare('SELECT id, body FROM readable LIMIT ?').bind(rowsRead)
}

const keyBytes = 36
