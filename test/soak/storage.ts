/**
 * D1 and R2 of the local runtime, read from their files without the Worker, which the measuring must not disturb. Others may
 * read a database in SQLite's WAL mode while the runtime writes it.
 */
import { existsSync, readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Row, Storage } from '../chaos/lives/storage.ts'

export interface StoredFiles extends Pick<Storage, 'select'> {
  /** The bytes of the pages that hold something. */
  databaseBytes(): number
  rows(): number
  objects(): number
  close(): void
}

export function openStoredFiles(folder: string): StoredFiles {
  const database = openIn(`${folder}/v3/d1/miniflare-D1DatabaseObject`)
  if (database === null) throw new Error('There is no database.')
  // The local bucket begins with its first object.
  let bucket: DatabaseSync | null = null
  const countObjects = () => {
    bucket ??= openIn(`${folder}/v3/r2/miniflare-R2BucketObject`)
    return Number(bucket?.prepare('SELECT count(*) AS n FROM _mf_objects').get()?.n ?? 0)
  }
  const all = (sql: string, ...values: (string | number)[]): Row[] =>
    database
      .prepare(sql)
      .all(...values)
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)])))
  const numberOf = (sql: string) => Number(Object.values(all(sql)[0] ?? {})[0])
  const tables = all("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .map(({ name }) => String(name))
    .filter((name) => !/^(_cf_|sqlite_|d1_)/.test(name))
  return {
    select: async (sql, ...values) => all(sql, ...values),
    databaseBytes: () =>
      (numberOf('PRAGMA page_count') - numberOf('PRAGMA freelist_count')) * numberOf('PRAGMA page_size'),
    rows: () => tables.reduce((sum, table) => sum + numberOf(`SELECT count(*) FROM "${table}"`), 0),
    objects: countObjects,
    close() {
      database.close()
      bucket?.close()
    },
  }
}

/** Null: there is none yet. */
function openIn(path: string): DatabaseSync | null {
  const file = existsSync(path)
    ? readdirSync(path).find((name) => /^[0-9a-f]{20,}\.sqlite$/.test(name))
    : undefined
  return file === undefined ? null : new DatabaseSync(`${path}/${file}`, { readOnly: true, timeout: 5_000 })
}

function cellOf(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' || value === null ? value : String(value)
}
