/** Counts of the last hours for the alerts: ends of tasks by provider, and messages that failed. They read the counters only. */
import { sql } from 'drizzle-orm'
import type { ProviderName } from '../../core/request/choices.ts'
import type { Database } from '../database.ts'
import { deadLettered } from '../jobs/counters.ts'
import { counters } from '../schema.ts'
import { readable } from '../upkeep/totals.ts'

const names = ['via_webhook', 'via_poll', 'tasks_succeeded', 'tasks_failed', deadLettered] as const

export interface RecentCount {
  hourAt: number
  provider: ProviderName
  name: (typeof names)[number]
  n: number
}

export async function countRecent(databases: readonly Database[], sinceMs: number): Promise<RecentCount[]> {
  const read = await Promise.all(
    databases.map((db) =>
      db.all<RecentCount>(sql`SELECT ${counters.hourAt} AS hourAt, ${counters.provider} AS provider,
          counted.key AS name, sum(counted.value) AS n
        FROM ${counters}, json_each(${readable}) AS counted
        WHERE ${counters.hourAt} >= ${sinceMs} AND counted.key IN (SELECT value FROM json_each(${JSON.stringify(names)}))
        GROUP BY 1, 2, 3`),
    ),
  )
  return read.flat()
}
