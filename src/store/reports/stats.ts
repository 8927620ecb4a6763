/**
 * Statistics over a window of jobs. The window is a range of the primary key, because ids sort by time, and holds at
 * most the newest `maxJobsCounted` jobs. The rows read grow with the window, not with the tables.
 */
import { eq, type SQL, sql } from 'drizzle-orm'
import { firstIdAt } from '../../core/id.ts'
import type { JobStatus } from '../../core/job/job.ts'
import type { CompletionSource } from '../../core/job/task.ts'
import type { Model, ProviderName } from '../../core/request/request.ts'
import type { Database } from '../database.ts'
import { jobs, tasks, webhooks } from '../schema.ts'

export const maxJobsCounted = 10_000

export interface Stats {
  /** The number of jobs, and the start of the window. Cut: older jobs were left out. */
  counted: { jobs: number; sinceMs: number; isCut: boolean }
  jobs: { provider: ProviderName; status: JobStatus; count: number }[]
  finished: ({ provider: ProviderName; model: Model } & Spread)[]
  tasks: TaskStats[]
  /** From the webhook to the task's end, or, if a poll found the end first, from the end to the webhook. */
  webhookDelays: ({ provider: ProviderName; completedVia: CompletionSource } & Spread)[]
}

interface TaskStats {
  provider: ProviderName
  completedViaWebhook: number
  completedViaPoll: number
  /** The sum of the costs that the provider reported; null if it reported none in this unit. */
  usd: number | null
  credits: number | null
  /** Succeeded tasks without a reported cost. */
  unreported: number
}

/** Percentiles by the nearest rank, in milliseconds. */
interface Spread {
  count: number
  p50: number
  p95: number
}

export async function countSince(db: Database, sinceMs: number): Promise<Stats> {
  const from = firstIdAt('job', sinceMs)
  const newest = sql`SELECT ${jobs.id} FROM ${jobs} WHERE ${jobs.id} >= ${from} AND ${jobs.erasedAt} IS NULL ORDER BY ${jobs.id} DESC LIMIT ${maxJobsCounted}`
  const [window] = await db.all<{ jobs: number; first: string | null }>(
    sql`SELECT count(*) AS jobs, min(id) AS first FROM (${newest})`,
  )
  const first = window?.first ?? from
  const [[oldest], byStatus, finished, byProvider, webhookDelays] = await Promise.all([
    db.select({ createdAt: jobs.createdAt }).from(jobs).where(eq(jobs.id, first)),
    db.all<Stats['jobs'][number]>(statuses(first)),
    db.all<Stats['finished'][number]>(finishTimes(first)),
    db.all<TaskStats>(taskTotals(first)),
    db.all<Stats['webhookDelays'][number]>(delays(first)),
  ])
  const isCut = window?.jobs === maxJobsCounted
  return {
    counted: { jobs: window?.jobs ?? 0, sinceMs: isCut && oldest ? oldest.createdAt : sinceMs, isCut },
    jobs: byStatus,
    finished,
    tasks: byProvider,
    webhookDelays,
  }
}

// The plus keeps SQLite from the index for lists, which is in no order of time.
function statuses(first: string): SQL {
  return sql`SELECT ${jobs.provider}, ${jobs.status}, count(*) AS count FROM ${jobs}
    WHERE ${jobs.id} >= ${first} AND +${jobs.erasedAt} IS NULL GROUP BY ${jobs.provider}, ${jobs.status}`
}

function finishTimes(first: string): SQL {
  const times = sql`SELECT ${jobs.provider}, ${jobs.model}, ${jobs.settledAt} - ${jobs.createdAt} AS ms FROM ${jobs}
    WHERE ${jobs.id} >= ${first} AND +${jobs.erasedAt} IS NULL AND ${jobs.status} = 'succeeded'`
  return spread(times, sql`provider, model`)
}

function taskTotals(first: string): SQL {
  const reported = sql`CASE WHEN NOT json_valid(${tasks.cost}) THEN NULL WHEN json_extract(${tasks.cost}, '$.source') = 'provider' THEN ${tasks.cost} END`
  return sql`SELECT ${tasks.provider},
      sum(${tasks.completedVia} IS 'webhook') AS completedViaWebhook,
      sum(${tasks.completedVia} IS 'poll') AS completedViaPoll,
      sum(json_extract(${reported}, '$.amount_usd')) AS usd,
      sum(json_extract(${reported}, '$.credits')) AS credits,
      sum(${tasks.status} = 'succeeded' AND (${reported}) IS NULL) AS unreported
    FROM ${tasks} WHERE ${tasks.jobId} >= ${first} GROUP BY ${tasks.provider}`
}

function delays(first: string): SQL {
  const received = (when: SQL) =>
    sql`FROM ${webhooks} WHERE ${webhooks.jobId} = ${tasks.jobId} AND ${webhooks.provider} = ${tasks.provider} AND ${webhooks.receivedAt} ${when}`
  // Only the time of the first webhook after the job's end is stored.
  const late = sql`(SELECT ${jobs.lateWebhookAt} FROM ${jobs} WHERE ${jobs.id} = ${tasks.jobId})`
  const times = sql`SELECT ${tasks.provider}, ${tasks.completedVia} AS completedVia,
      CASE ${tasks.completedVia}
        WHEN 'webhook' THEN ${tasks.endedAt} - (SELECT max(${webhooks.receivedAt}) ${received(sql`<= ${tasks.endedAt}`)})
        ELSE coalesce((SELECT min(${webhooks.receivedAt}) ${received(sql`> ${tasks.endedAt}`)}), ${late}) - ${tasks.endedAt}
      END AS ms
    FROM ${tasks} WHERE ${tasks.jobId} >= ${first} AND ${tasks.completedVia} IS NOT NULL`
  return spread(times, sql`provider, completedVia`)
}

/** The count and the two percentiles of the times, by kind. */
function spread(times: SQL, kind: SQL): SQL {
  return sql`WITH times AS (${times}), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY ${kind} ORDER BY ms) AS rank, count(*) OVER (PARTITION BY ${kind}) AS count
      FROM times WHERE ms IS NOT NULL
    )
    SELECT ${kind}, count,
      min(CASE WHEN rank >= count * 0.5 THEN ms END) AS p50,
      min(CASE WHEN rank >= count * 0.95 THEN ms END) AS p95
    FROM ranked GROUP BY ${kind}`
}
