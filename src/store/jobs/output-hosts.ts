/** The hosts that providers' status answers have named for their videos: only there may an unconfirmed video lie. */
import { eq } from 'drizzle-orm'
import type { ProviderName } from '../../core/request/request.ts'
import type { Database } from '../database.ts'
import { outputHosts } from '../schema.ts'

export interface OutputHost {
  provider: ProviderName
  host: string
}

// A host that is known already is no row written.
export function insertOutputHost(db: Database, outputHost: OutputHost) {
  return db.insert(outputHosts).values(outputHost).onConflictDoNothing()
}

export async function hostsNamedBy(db: Database, provider: ProviderName): Promise<string[]> {
  const rows = await db
    .select({ host: outputHosts.host })
    .from(outputHosts)
    .where(eq(outputHosts.provider, provider))
  return rows.map(({ host }) => host)
}
