/** Opens the databases, and finds the one that holds a job or what belongs to it, by the shard in its id. */
import { shardOf } from '../core/id.ts'
import { databaseBindings } from '../core/shards.ts'
import { type Database, openDatabase } from './database.ts'
import { meterSize } from './size.ts'

export interface DatabaseBindings extends Partial<Record<(typeof databaseBindings)[number], D1Database>> {
  DB: D1Database
}

export interface Databases {
  /** The control database: API keys, endpoints, slots, and what else belongs to no job. It is shard 0 too. */
  db: Database
  /** The database of a job, an asset or a delivery, by its id. There is nothing with the id of a shard that is not bound. */
  dbOf: (id: string) => Database
  /** All databases, by shard. */
  databases: Database[]
  /** The size of a database as last seen; `readSize` asks for it. */
  lastSeenSize: (db: Database) => number | null
}

export function openDatabases(
  bindings: DatabaseBindings,
  prepare: (binding: D1Database) => D1Database,
): Databases {
  const open = (binding: D1Database) => {
    const { database, lastSeen } = meterSize(binding)
    return { db: openDatabase(prepare(database)), lastSeen }
  }
  const control = open(bindings.DB)
  const [, ...others] = databaseBindings
  const shards = [control, ...others.flatMap((name) => bindings[name] ?? []).map(open)]
  const meters = new Map(shards.map(({ db, lastSeen }) => [db, lastSeen]))
  return {
    db: control.db,
    dbOf: (id) => (shards[shardOf(id)] ?? control).db,
    databases: shards.map(({ db }) => db),
    lastSeenSize: (db) => meters.get(db)?.() ?? null,
  }
}

/** Reads rows of several ids, each from its own database, with one call to each database. */
export async function readByShard<T>(
  { dbOf }: Pick<Databases, 'dbOf'>,
  ids: readonly string[],
  read: (db: Database, ids: string[]) => Promise<Map<string, T>>,
): Promise<Map<string, T>> {
  const found = await Promise.all([...Map.groupBy(new Set(ids), dbOf)].map(([db, some]) => read(db, some)))
  return new Map(found.flatMap((rows) => [...rows]))
}

/** Does the work in every database at once. One that fails does not stop the others; its error is thrown at the end. */
export async function inEachDatabase<T>(
  { databases }: Pick<Databases, 'databases'>,
  work: (db: Database, shard: number) => Promise<T>,
): Promise<T[]> {
  const results = await Promise.allSettled(databases.map(work))
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
