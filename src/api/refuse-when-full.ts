/** Refuses what adds rows for good, while the databases are almost full: jobs that were accepted can then still end. */
import type { Context as HonoContext } from 'hono'
import { databaseSizeOf } from '../core/database-size.ts'
import { readSize } from '../store/size.ts'
import { type ProblemResponse, problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

/** The first of these shards that has room. Only an isolate that knows no size, or a size that is too large, asks. */
export async function shardWithRoom(
  c: HonoContext<ApiEnv>,
  shards: readonly number[],
): Promise<number | ProblemResponse> {
  const { databases, lastSeenSize } = c.get('context')
  const shares: number[] = []
  for (const shard of shards) {
    const db = databases[shard]
    if (db === undefined) continue
    const lastSeen = lastSeenSize(db)
    if (lastSeen !== null && hasRoom(lastSeen)) return shard
    const bytes = await readSize(db, lastSeenSize)
    if (hasRoom(bytes)) return shard
    shares.push(databaseSizeOf(bytes).share)
  }
  return databaseFull(c, `It holds ${Math.floor(Math.min(...shares) * 100)} % of its limit`)
}

function hasRoom(bytes: number): boolean {
  return databaseSizeOf(bytes).state !== 'full'
}

/** Also for a write that D1 refused because it has no room left. */
export function databaseFull(c: HonoContext<ApiEnv>, reason: string): ProblemResponse {
  return problem(c, 'database_full', `${reason}, ${advice}`)
}

const advice =
  'so nothing was accepted. Jobs that were accepted before still end. The operator can make room: deploy a lower PRUNE_AFTER_DAYS (1 or more), or delete old jobs (DELETE /v1/jobs/:id). With RETENTION_DAYS it does not fill again.'
