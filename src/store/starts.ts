/**
 * Starts: a client that lost the response to a POST repeats it, and says so, but sends no Idempotency-Key. The repetition gets
 * the key of the start that it repeats, also while that one still runs. Requests with one key make one job.
 */
import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { starts } from './schema.ts'

export type Start = typeof starts.$inferSelect

/**
 * The idempotency key of a request: that of the start which it repeats, or that of `start`, which is then stored. A
 * repetition repeats the newest equal start since `sinceMs`. Any other request is a new start, unless its own repetition has
 * overtaken it: a repetition that found no start, and began after `sinceMs`, when this request arrived.
 */
// Two at once are one after the other, because a batch is a transaction. Running this twice is harmless.
export async function keyOfStart(db: Database, start: Start, sinceMs: number): Promise<string> {
  const { apiKeyId, fingerprint, idempotencyKey, isRepetition } = start
  const earlier = and(
    eq(starts.apiKeyId, apiKeyId),
    eq(starts.fingerprint, fingerprint),
    gte(starts.startedAt, sinceMs),
    isRepetition ? undefined : eq(starts.isRepetition, true),
  )
  const [, [found]] = await db.batch([
    db.insert(starts).select(insertUnless(earlier, start)).onConflictDoNothing(),
    db
      .select({ idempotencyKey: starts.idempotencyKey })
      .from(starts)
      .where(earlier)
      .orderBy(desc(starts.startedAt))
      .limit(1),
  ])
  return found?.idempotencyKey ?? idempotencyKey
}

function insertUnless(earlier: SQL | undefined, start: Start): SQL {
  const { apiKeyId, fingerprint, startedAt, idempotencyKey, isRepetition } = start
  return sql`SELECT ${apiKeyId}, ${fingerprint}, ${startedAt}, ${idempotencyKey}, ${isRepetition ? 1 : 0}
    WHERE NOT EXISTS (SELECT 1 FROM ${starts} WHERE ${earlier})`
}

/** Reads the whole table, which has the starts since the last call. */
export async function deleteStartsBefore(db: Database, beforeMs: number): Promise<void> {
  await db.delete(starts).where(lt(starts.startedAt, beforeMs))
}
