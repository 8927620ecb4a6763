/** API keys: found by their hash, never kept themselves. */
import { and, desc, eq, isNull } from 'drizzle-orm'
import type { Database } from './database.ts'
import { apiKeys } from './schema.ts'

export type ApiKey = typeof apiKeys.$inferSelect

export async function insertApiKey(db: Database, key: ApiKey): Promise<void> {
  await db.insert(apiKeys).values(key)
}

export async function findApiKeyByHash(db: Database, hash: string): Promise<ApiKey | null> {
  const [row] = await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAt)))
  return row ?? null
}

export async function listApiKeys(db: Database): Promise<ApiKey[]> {
  return db.select().from(apiKeys).orderBy(desc(apiKeys.id))
}

/** False: there was none. */
export async function revokeApiKey(db: Database, id: string, nowMs: number): Promise<boolean> {
  const revoked = await db
    .update(apiKeys)
    .set({ revokedAt: nowMs })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id })
  return revoked.length === 1
}
