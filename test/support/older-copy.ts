/** Time Travel of D1: the rows of now, and a way to put them back in place of later ones. R2 and providers go on. */
import { env } from 'cloudflare:workers'
import { forgetOwners } from '../../src/store/owner-memory.ts'

export async function olderCopy(): Promise<() => Promise<void>> {
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT IN ('sqlite_sequence', 'd1_migrations')",
  ).all<{ name: string }>()
  const copies = await Promise.all(
    tables.map(async ({ name }) => ({
      name,
      rows: (await env.DB.prepare(`SELECT * FROM ${name}`).all<Record<string, unknown>>()).results,
    })),
  )
  return async () => {
    await env.DB.batch([
      env.DB.prepare('PRAGMA defer_foreign_keys = ON'),
      ...copies.map(({ name }) => env.DB.prepare(`DELETE FROM ${name}`)),
      ...copies.flatMap(({ name, rows }) => rows.map((row) => insert(name, row))),
    ])
    forgetOwners()
  }
}

function insert(table: string, row: Record<string, unknown>): D1PreparedStatement {
  const columns = Object.keys(row)
  return env.DB.prepare(
    `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`,
  ).bind(...Object.values(row))
}
