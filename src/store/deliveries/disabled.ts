/** Disabled owners, which receive nothing: an endpoint, or the callbacks of an API key's jobs to one host. */
import { and, asc, eq, isNull } from 'drizzle-orm'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { forgetOwnersAfter } from '../owner-memory.ts'
import { disabledCallbacks, endpoints } from '../schema.ts'
import type { Lane } from './lane.ts'

/** The owner of a delivery: its endpoint, or the API key that posted the job. */
export interface Owner extends Lane {
  /** The same as `ownerId`. Null: the owner is an API key. */
  endpointId: string | null
}

export type DisabledCallbacks = typeof disabledCallbacks.$inferSelect

// Running this twice is harmless: an owner that is disabled already is not changed.
export async function disableOwner(
  db: Database,
  { endpointId, ownerId, host }: Owner,
  failingSince: number,
  nowMs: number,
): Promise<void> {
  const disable =
    endpointId === null
      ? db
          .insert(disabledCallbacks)
          .values({ apiKeyId: ownerId, host, failingSince, disabledAt: nowMs })
          .onConflictDoNothing()
      : db
          .update(endpoints)
          .set({ disabledAt: nowMs, disabledBy: 'failure' })
          .where(and(eq(endpoints.id, endpointId), isNull(endpoints.disabledAt)))
  await forgetOwnersAfter<unknown>(disable)
}

export async function disabledCallbacksOf(db: Database, apiKeyId: string): Promise<DisabledCallbacks[]> {
  return db
    .select()
    .from(disabledCallbacks)
    .where(eq(disabledCallbacks.apiKeyId, apiKeyId))
    .orderBy(asc(disabledCallbacks.host))
}

export function selectDisabledHosts(db: Database, apiKeyId: string) {
  return db
    .select({ host: disabledCallbacks.host })
    .from(disabledCallbacks)
    .where(eq(disabledCallbacks.apiKeyId, apiKeyId))
}

/** Enables all callbacks of a key. Returns what was disabled. Those lanes are reopened afterwards (reopen-lane.ts). */
export async function enableCallbacks(db: Database, apiKeyId: string): Promise<DisabledCallbacks[]> {
  const enabled = await disabledCallbacksOf(db, apiKeyId)
  const hosts = enabled.map(({ host }) => host)
  const remove = db
    .delete(disabledCallbacks)
    .where(and(eq(disabledCallbacks.apiKeyId, apiKeyId), among(disabledCallbacks.host, hosts)))
  await forgetOwnersAfter(remove)
  return enabled
}
