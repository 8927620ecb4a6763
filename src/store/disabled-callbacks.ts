/** Who is sent nothing more: an endpoint, or the callbacks of an API key's jobs to one host. */
import { and, eq, isNull } from 'drizzle-orm'
import type { Database } from './database.ts'
import { disabledCallbacks, endpoints } from './schema.ts'

/** Whose delivery it is: an endpoint's, or that of the API key which posted the job. */
export interface Owner {
  endpointId: string | null
  apiKeyId: string
  host: string
}

// Running this twice is harmless: who is disabled already stays as it is.
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
