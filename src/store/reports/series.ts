/** The statistics of a period in hours or days, in UTC. The rows read are those of the statistics of that period. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Viewer } from '../../core/access.ts'
import { readStored } from '../../core/http/json.ts'
import { firstIdAt } from '../../core/id.ts'
import type { JobStatus } from '../../core/job/job.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import type { Database } from '../database.ts'
import { isUnsettled } from '../jobs/jobs.ts'
import { counters, jobs } from '../schema.ts'
import { hourMs, readable } from '../upkeep/totals.ts'
import { type Spread, spreadOf, sum, type TaskStats, tasksIn } from './stats.ts'

export const intervals = ['hour', 'day'] as const
export type Interval = (typeof intervals)[number]
const intervalMs: Record<Interval, number> = { hour: hourMs, day: 24 * hourMs }

/** Jobs that have not ended are counted up to here, in each database. */
export const maxUnsettledInSeries = 10_000

export interface Part {
  jobs: Record<JobStatus, number>
  /** Null: no job succeeded. */
  finished: Spread | null
  tasks: TaskStats[]
}

export interface Series {
  sinceMs: number
  /** One for each hour or day, the oldest first, also where nothing was counted. */
  parts: (Part & { startMs: number })[]
  total: Part
}

interface Period {
  sinceMs: number
  untilMs: number
  interval: Interval
}

/** Counts the viewer's jobs that were created in the hour or day of `sinceMs`, or later. */
export async function countSeries(
  databases: readonly Database[],
  { sinceMs: timeMs, untilMs, interval }: Period,
  viewer: Viewer,
): Promise<Series> {
  const step = intervalMs[interval]
  const sinceMs = timeMs - (timeMs % step)
  const read = await Promise.all(
    databases.map((db) =>
      Promise.all([
        db.all<Counted>(countedSince(sinceMs, step, viewer)),
        db.all<Unsettled>(unsettledSince(sinceMs, step, viewer)),
      ]),
    ),
  )
  const counted = read.flatMap(([rows]) => rows)
  const unsettled = read.flatMap(([, rows]) => rows)
  const length = Math.floor((untilMs - sinceMs) / step) + 1
  const countedAt = Map.groupBy(counted, ({ startMs }) => startMs)
  const unsettledAt = Map.groupBy(unsettled, ({ startMs }) => startMs)
  return {
    sinceMs,
    parts: Array.from({ length }, (_, n) => {
      const startMs = sinceMs + n * step
      return { startMs, ...partOf(countedAt.get(startMs) ?? [], unsettledAt.get(startMs) ?? []) }
    }),
    total: partOf(counted, unsettled),
  }
}

interface Counted {
  startMs: number
  provider: ProviderName
  /** JSON: each count of the provider by its name. */
  counts: string
}

interface Unsettled {
  startMs: number
  status: JobStatus
  count: number
}

function countedSince(sinceMs: number, step: number, { project }: Viewer): SQL {
  const isSeen = project === null ? sql`1` : eq(counters.project, project)
  const sums = sql`SELECT ${startOf(counters.hourAt, step)} AS start_ms, ${counters.provider} AS provider,
      counted.key AS name, sum(counted.value) AS n
    FROM ${counters}, json_each(${readable}) AS counted WHERE ${counters.hourAt} >= ${sinceMs} AND ${isSeen}
    GROUP BY 1, 2, 3`
  return sql`SELECT start_ms AS startMs, provider, json_group_object(name, n) AS counts
    FROM (${sums}) GROUP BY start_ms, provider`
}

function unsettledSince(sinceMs: number, step: number, { project }: Viewer): SQL {
  // The plus: through the primary key or the index of the project, ended jobs would be read too.
  const isSeen = project === null ? sql`1` : sql`+${jobs.project} = ${project}`
  const isInPeriod = sql`+${jobs.id} >= ${firstIdAt('job', sinceMs)}`
  const found = sql`SELECT ${jobs.createdAt} AS created_at, ${jobs.status} AS status FROM ${jobs}
    WHERE ${and(isUnsettled, isInPeriod, isSeen)} LIMIT ${maxUnsettledInSeries}`
  return sql`SELECT ${startOf(sql`created_at`, step)} AS startMs, status, count(*) AS count FROM (${found}) GROUP BY 1, 2`
}

function startOf(time: SQL | typeof counters.hourAt, step: number): SQL {
  return sql`${time} - ${time} % ${step}`
}

function partOf(rows: Counted[], unsettled: Unsettled[]): Part {
  const counts = rows.flatMap(({ provider, counts }) =>
    Object.entries(readStored(storedCounts, counts) ?? {}).map(([name, n]) => ({ provider, name, n })),
  )
  const byProvider = [...Map.groupBy(counts, ({ provider }) => provider)].sort(([a], [b]) => (a < b ? -1 : 1))
  const numberOf = (status: JobStatus) =>
    sum(counts.flatMap(({ name, n }) => (name === status ? [n] : []))) +
    sum(unsettled.flatMap((one) => (one.status === status ? [one.count] : [])))
  return {
    jobs: {
      queued: numberOf('queued'),
      generating: numberOf('generating'),
      storing: numberOf('storing'),
      succeeded: numberOf('succeeded'),
      failed: numberOf('failed'),
      canceled: numberOf('canceled'),
    },
    finished: spreadOf(counts, 'finish_')[0] ?? null,
    tasks: byProvider.flatMap(([provider, own]) => tasksIn(provider, own)),
  }
}

const storedCounts = z.record(z.string(), z.number())
