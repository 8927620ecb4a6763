/**
 * The size of the database. D1 adds it to the result of each statement of a batch, so it is usually known without a call.
 * Pages that were freed do not count: SQLite uses them again.
 */

import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

export interface SizeMeter {
  /** The same database; each of its batches notes the size. */
  database: D1Database
  /** As a batch of this isolate reported it last. Null: none has. */
  lastSeen: () => number | null
}

/** A binding lives as long as its isolate. */
const seen = new WeakMap<D1Database, number>()

export function meterSize(binding: D1Database): SizeMeter {
  const batch = async (statements: D1PreparedStatement[]) => {
    const results = await binding.batch(statements)
    const bytes = results.at(-1)?.meta.size_after
    if (bytes !== undefined) seen.set(binding, bytes)
    return results
  }
  const database = new Proxy(binding, {
    get(_, name) {
      if (name === 'batch') return batch
      const member: unknown = Reflect.get(binding, name)
      return typeof member === 'function' ? member.bind(binding) : member
    },
  })
  return { database, lastSeen: () => seen.get(binding) ?? null }
}

/** The size now. `db` is the metered database. */
export async function readSize(db: Database, lastSeenSize: (db: Database) => number | null): Promise<number> {
  await db.batch([db.run(sql`SELECT 1`)])
  const bytes = lastSeenSize(db)
  if (bytes === null) throw new Error('D1 reported no size')
  return bytes
}
