/** Disabled owners, which receive nothing: an endpoint, or the callbacks of an API key's jobs to one host. */
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Viewer } from '../../core/access.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { forgetOwnersAfter } from '../owner-memory.ts'
import { apiKeys, disabledCallbacks, endpoints } from '../schema.ts'
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

export interface DisabledCount {
  /** Those that a user disabled are not counted. */
  endpoints: number
  /** Hosts of API keys, also of revoked ones: their jobs continue. */
  callbacks: number
}

/** Counts those that the viewer sees. It reads the whole of two small tables. */
export async function countDisabled(db: Database, { project }: Viewer): Promise<DisabledCount> {
  const isSeen = project === null ? sql`1` : sql`project = ${project}`
  const [count] = await db.all<DisabledCount>(sql`SELECT
    (SELECT count(*) FROM ${endpoints} WHERE ${endpoints.disabledBy} = 'failure' AND ${isSeen}) AS endpoints,
    (SELECT count(*) FROM ${disabledCallbacks} LEFT JOIN ${apiKeys} ON ${apiKeys.id} = ${disabledCallbacks.apiKeyId}
      WHERE ${isSeen}) AS callbacks`)
  return count ?? { endpoints: 0, callbacks: 0 }
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
