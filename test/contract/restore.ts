/** Notices every row that a request writes, and restores the seeds after it: every request meets the same world. */
import { env } from 'cloudflare:workers'
import { forgetOwners } from '../../src/store/owner-memory.ts'
import { select } from '../support/storage.ts'

export interface Write {
  table: string
  /** The id of the row, or of its job. */
  id: string | null
  /** The project of the row; `*` for a row that belongs to no project. */
  project: string | null
}

export interface Restorer {
  /** The writes since the last call. It restores the seeds. */
  takeWrites: () => Promise<Write[]>
}

interface Table {
  name: string
  columns: string[]
  /** The column that finds the rows to restore; undefined: all rows are. */
  key: string | undefined
}

/** To delete their rows would delete what belongs to them. */
const parents = ['jobs', 'deliveries']
const withProject = ['jobs', 'assets', 'endpoints', 'deliveries', 'api_keys']
const withJob = ['events', 'outputs', 'tasks']

/** Each request may write the time at which its key was last used, also one that is refused. */
const exceptions: Record<string, string> = { api_keys: 'WHEN OLD.last_used_at IS NEW.last_used_at' }

export async function createRestorer(): Promise<Restorer> {
  const tables = await readTables()
  const objects = await readObjects()
  await select('CREATE TABLE noticed (name TEXT NOT NULL, id TEXT, project TEXT)')
  for (const table of tables) {
    await select(`CREATE TABLE saved_${table.name} AS SELECT * FROM ${table.name}`)
    for (const change of ['INSERT', 'UPDATE', 'DELETE'] as const) await select(triggerOn(table, change))
  }
  return {
    async takeWrites() {
      const writes = await select<{ name: string; id: string | null; project: string | null }>(
        'SELECT DISTINCT * FROM noticed',
      )
      if (writes.length === 0) return []
      const written = new Set(writes.map(({ name }) => name))
      await restoreRows(tables.filter(({ name }) => written.has(name)))
      await restoreObjects(objects, new Set(writes.map(({ id }) => id)))
      forgetOwners()
      return writes.map(({ name, id, project }) => ({ table: name, id, project }))
    },
  }
}

async function readTables(): Promise<Table[]> {
  const names = await select<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'd1_*' ORDER BY name <> 'jobs', name <> 'deliveries'",
  )
  return Promise.all(
    names.map(async ({ name }) => {
      const rows = await select<{ name: string }>('SELECT name FROM pragma_table_info(?)', name)
      const columns = rows.map((row) => row.name)
      return { name, columns, key: ['id', 'job_id'].find((key) => columns.includes(key)) }
    }),
  )
}

function triggerOn({ name, key }: Table, change: 'INSERT' | 'UPDATE' | 'DELETE'): string {
  const row = change === 'DELETE' ? 'OLD' : 'NEW'
  const when = change === 'UPDATE' ? (exceptions[name] ?? '') : ''
  return `CREATE TRIGGER notice_${name}_${change} AFTER ${change} ON ${name} ${when}
    BEGIN INSERT INTO noticed VALUES ('${name}', ${key === undefined ? 'NULL' : `${row}.${key}`}, ${projectOf(name, row)}); END`
}

function projectOf(table: string, row: string): string {
  if (withProject.includes(table)) return `${row}.project`
  // The deletion of a job is noticed by itself.
  return withJob.includes(table)
    ? `(SELECT CASE WHEN count(*) = 0 THEN '*' ELSE max(project) END FROM jobs WHERE id = ${row}.job_id)`
    : "'*'"
}

async function restoreRows(tables: Table[]): Promise<void> {
  const statements = [
    'PRAGMA defer_foreign_keys = on',
    ...tables.flatMap(({ name, columns, key }) => {
      if (key === undefined) return [`DELETE FROM ${name}`, `INSERT INTO ${name} SELECT * FROM saved_${name}`]
      const noticed = `${key} IN (SELECT id FROM noticed WHERE name = '${name}')`
      const restored = `INSERT INTO ${name} SELECT * FROM saved_${name} WHERE ${noticed}`
      if (!parents.includes(name)) return [`DELETE FROM ${name} WHERE ${noticed}`, restored]
      const values = columns.map((column) => `${column} = excluded.${column}`).join()
      return [
        `DELETE FROM ${name} WHERE ${noticed} AND ${key} NOT IN (SELECT ${key} FROM saved_${name})`,
        `${restored} ON CONFLICT (${key}) DO UPDATE SET ${values}`,
      ]
    }),
    'DELETE FROM noticed',
  ]
  await env.DB.batch(statements.map((sql) => env.DB.prepare(sql)))
}

type Objects = Map<string, { bytes: ArrayBuffer; options: R2PutOptions }>

async function readObjects(): Promise<Objects> {
  const { objects } = await env.BUCKET.list()
  const saved: Objects = new Map()
  for (const { key } of objects) {
    const object = await env.BUCKET.get(key)
    if (object === null) continue
    const { httpMetadata = {}, customMetadata = {} } = object
    saved.set(key, { bytes: await object.arrayBuffer(), options: { httpMetadata, customMetadata } })
  }
  return saved
}

/** The key of an object contains the id of its job or asset. */
async function restoreObjects(saved: Objects, ids: ReadonlySet<string | null>): Promise<void> {
  for (const [key, { bytes, options }] of saved) {
    const isWritten = key.split(/[/.]/).some((part) => ids.has(part))
    if (isWritten && (await env.BUCKET.head(key)) === null) await env.BUCKET.put(key, bytes, options)
  }
}
