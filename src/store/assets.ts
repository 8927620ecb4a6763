/** The assets table: media that callers uploaded or embedded in a request. */
import { and, eq, getTableColumns, inArray, isNull } from 'drizzle-orm'
import { uploadKey } from '../core/retention.ts'
import type { Database } from './database.ts'
import { assets } from './schema.ts'
import { type Databases, readByShard } from './shards.ts'
import { insertPurgeOfAsset, insertPurgesOfAssets } from './upkeep/purges.ts'

export type Asset = typeof assets.$inferSelect

/** The R2 key of an asset's bytes. */
export function keyOf({ id, key }: Pick<Asset, 'id' | 'key'>): string {
  return key ?? uploadKey(id)
}

export function insertAsset(db: Database, asset: Asset) {
  return insertRows(db, [asset])
}

/** In few statements: an invocation on the Free plan has 50, and a request can embed as many files. */
export function insertAssets(db: Database, list: readonly Asset[]) {
  const count = Math.ceil(list.length / rowsPerStatement)
  return Array.from({ length: count }, (_, n) =>
    insertRows(db, list.slice(n * rowsPerStatement, (n + 1) * rowsPerStatement)),
  )
}

// A D1 statement takes at most 100 bound values.
const rowsPerStatement = Math.floor(100 / Object.keys(getTableColumns(assets)).length)

function insertRows(db: Database, rows: Asset[]) {
  return db.insert(assets).values(rows).onConflictDoNothing()
}

export async function findAsset(db: Database, id: string): Promise<Asset | null> {
  const [row] = await db.select().from(assets).where(eq(assets.id, id))
  return row ?? null
}

/** The assets with these ids that exist, by id. An uploaded asset has a shard of its own, whatever job uses it. */
export function findAssets(
  databases: Pick<Databases, 'dbOf'>,
  ids: readonly string[],
): Promise<Map<string, Asset>> {
  return readByShard(databases, ids, async (db, some) => {
    // Few enough to be bound one by one. A JSON list would be read row by row, and D1 bills rows read.
    const rows = await db.select().from(assets).where(inArray(assets.id, some))
    return new Map(rows.map((row) => [row.id, row]))
  })
}

/** Its file is then purged from the cache by a sweep. */
// Running this twice is harmless: the second time there is no asset.
export async function deleteAsset(db: Database, id: string, nowMs: number): Promise<void> {
  await db.batch([db.delete(assets).where(eq(assets.id, id)), insertPurgeOfAsset(db, id, nowMs)])
}

/** Those that were uploaded, the same way. */
// Running this twice is harmless: the second time there is no asset.
export async function deleteUploadedAssets(db: Database, ids: string[], nowMs: number): Promise<void> {
  const which = and(inArray(assets.id, ids), isNull(assets.jobId))
  await db.batch([insertPurgesOfAssets(db, which, nowMs), db.delete(assets).where(which)])
}
