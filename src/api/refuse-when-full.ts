/** Refuses what adds rows for good, while the database is almost full: jobs that were accepted can then still end. */
import type { Context as HonoContext } from 'hono'
import { databaseSizeOf } from '../core/database-size.ts'
import { readSize } from '../store/size.ts'
import { type ProblemResponse, problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

/** Null: there is room. Only an isolate that knows no size, or a size that is too large, asks the database. */
export async function refuseWhenFull(c: HonoContext<ApiEnv>): Promise<ProblemResponse | null> {
  const { db, lastSeenSize } = c.get('context')
  const lastSeen = lastSeenSize()
  if (lastSeen !== null && databaseSizeOf(lastSeen).state !== 'full') return null
  const { state, share } = databaseSizeOf(await readSize(db, lastSeenSize))
  return state === 'full' ? databaseFull(c, `It holds ${Math.floor(share * 100)} % of its limit`) : null
}

/** Also for a write that D1 refused because it has no room left. */
export function databaseFull(c: HonoContext<ApiEnv>, reason: string): ProblemResponse {
  return problem(c, 'database_full', `${reason}, ${advice}`)
}

const advice =
  'so nothing was accepted. Jobs that were accepted before still end. The operator can make room: deploy a lower PRUNE_AFTER_DAYS (1 or more), or delete old jobs (DELETE /v1/jobs/:id). With RETENTION_DAYS it does not fill again.'
