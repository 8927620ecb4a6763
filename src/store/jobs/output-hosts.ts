/**
 * The hosts that providers' status responses have named for their videos. Only they may serve an unconfirmed video. Each
 * database has those that its jobs have named.
 */
import { eq } from 'drizzle-orm'
import type { ProviderName } from '../../core/request/choices.ts'
import type { Database } from '../database.ts'
import { outputHosts } from '../schema.ts'
import { type Databases, inEachDatabase } from '../shards.ts'

export interface OutputHost {
  provider: ProviderName
  host: string
}

// A known host writes no row.
export function insertOutputHost(db: Database, outputHost: OutputHost) {
  return db.insert(outputHosts).values(outputHost).onConflictDoNothing()
}

export async function hostsNamedBy(
  databases: Pick<Databases, 'databases'>,
  provider: ProviderName,
): Promise<string[]> {
  const rows = await inEachDatabase(databases, (db) =>
    db.select({ host: outputHosts.host }).from(outputHosts).where(eq(outputHosts.provider, provider)),
  )
  return rows.flat().map(({ host }) => host)
}
