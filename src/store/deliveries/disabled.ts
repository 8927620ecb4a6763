/** Disabled owners, which receive nothing: an endpoint, or the callbacks of an API key's jobs to one host. */
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { maxAttemptsPerHost } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { deliveries, disabledCallbacks, endpoints, jobs } from '../schema.ts'
import { closeCircuit } from './circuits.ts'
import { releaseParked } from './host-queue.ts'

/** The owner of a delivery: its endpoint, or the API key that posted the job. */
export interface Owner {
  endpointId: string | null
  apiKeyId: string
  host: string
}

/** Whether the owner of a delivery is enabled. */
export const isOwnerEnabled = sql`CASE WHEN ${deliveries.endpointId} IS NULL
  THEN NOT EXISTS (SELECT 1 FROM ${disabledCallbacks}
    INNER JOIN ${jobs} ON ${jobs.apiKeyId} = ${disabledCallbacks.apiKeyId}
    WHERE ${jobs.id} = ${deliveries.jobId} AND ${disabledCallbacks.host} = ${deliveries.host})
  ELSE EXISTS (SELECT 1 FROM ${endpoints}
    WHERE ${endpoints.id} = ${deliveries.endpointId} AND ${endpoints.disabledAt} IS NULL) END`

export type DisabledCallbacks = typeof disabledCallbacks.$inferSelect

// Running this twice is harmless: an owner that is disabled already is not changed.
export function disableOwner(
  db: Database,
  { endpointId, apiKeyId, host }: Owner,
  failingSince: number,
  nowMs: number,
) {
  if (endpointId === null) {
    return db
      .insert(disabledCallbacks)
      .values({ apiKeyId, host, failingSince, disabledAt: nowMs })
      .onConflictDoNothing()
  }
  return db
    .update(endpoints)
    .set({ disabledAt: nowMs, disabledBy: 'failure' })
    .where(and(eq(endpoints.id, endpointId), isNull(endpoints.disabledAt)))
}

export async function disabledCallbacksOf(db: Database, apiKeyId: string): Promise<DisabledCallbacks[]> {
  return db
    .select()
    .from(disabledCallbacks)
    .where(eq(disabledCallbacks.apiKeyId, apiKeyId))
    .orderBy(asc(disabledCallbacks.host))
}

/** Enables all callbacks of a key. Returns what was disabled, and the deliveries released by that. */
export async function enableCallbacks(
  db: Database,
  apiKeyId: string,
  nowMs: number,
): Promise<{ enabled: DisabledCallbacks[]; woken: string[] }> {
  const enabled = await disabledCallbacksOf(db, apiKeyId)
  const woken: string[] = []
  for (const { host } of enabled) {
    const [, , released] = await db.batch([
      db
        .delete(disabledCallbacks)
        .where(and(eq(disabledCallbacks.apiKeyId, apiKeyId), eq(disabledCallbacks.host, host))),
      closeCircuit(db, { host, ownerId: apiKeyId }, nowMs),
      releaseParked(db, { host, ownerId: apiKeyId }, maxAttemptsPerHost, nowMs),
    ])
    woken.push(...released.map(({ id }) => id))
  }
  return { enabled, woken }
}
