/**
 * Statistics over a period: ended jobs from their counters, the others from the index of the list. The rows read do not grow
 * with the number of jobs that have ended.
 */
import { eq, type SQL, sql } from 'drizzle-orm'
import { everyProject, type Viewer } from '../../core/access.ts'
import { countIn, type Histogram, percentileOf } from '../../core/histogram.ts'
import { firstIdAt } from '../../core/id.ts'
import { isSettled, type JobStatus, jobStatuses } from '../../core/job/job.ts'
import { type CompletionSource, completionSources } from '../../core/job/task.ts'
import { type Model, models, type ProviderName, providerNames } from '../../core/request/choices.ts'
import type { Database } from '../database.ts'
import { deadLettered } from '../jobs/counters.ts'
import { literal } from '../page.ts'
import { counters, jobs } from '../schema.ts'
import { hourMs } from '../upkeep/totals.ts'

/** Jobs that have not ended are counted up to here, for each status, provider and model. */
export const maxUnsettledCounted = 1_000

export interface Stats {
  /** The start of the period: the beginning of an hour. */
  sinceMs: number
  jobs: { provider: ProviderName; status: JobStatus; count: number }[]
  finished: ({ provider: ProviderName; model: Model } & Spread)[]
  tasks: TaskStats[]
  /** From the webhook to the task's end, or, if a poll found the end first, from the end to the webhook. */
  webhookDelays: ({ provider: ProviderName; completedVia: CompletionSource } & Spread)[]
  /** Messages that failed in all their attempts. */
  deadLetters: number
}

export interface TaskStats {
  provider: ProviderName
  completedViaWebhook: number
  completedViaPoll: number
  /** The sum of the costs that the provider reported; null if it reported none in this unit. */
  usd: number | null
  credits: number | null
  /** Succeeded tasks without a reported cost or a published price. */
  unreported: number
}

/** Percentiles in milliseconds, at most a tenth off. */
export interface Spread {
  count: number
  p50: number
  p95: number
}

/** Counts the viewer's jobs that were created in the hour of that time, or later. */
export async function countSince(
  databases: readonly Database[],
  timeMs: number,
  viewer: Viewer,
): Promise<Stats> {
  const sinceMs = timeMs - (timeMs % hourMs)
  const parts = await Promise.all(
    databases.map((db) =>
      Promise.all([
        db.all<Count>(countsSince(sinceMs, viewer)),
        db.all<Unsettled>(unsettledSince(sinceMs, viewer)),
      ]),
    ),
  )
  const counts = parts.flatMap(([counted]) => counted)
  const byProvider = groups(counts, ({ provider }) => provider)
  return {
    sinceMs,
    jobs: groups(
      parts.flatMap(([counted, unsettled]) => [...jobsIn(counted), ...unsettled]),
      keyOfJobs,
    )
      .flatMap(([first, rows]) => ({ ...first, count: sum(rows.map(({ count }) => count)) }))
      .filter(({ count }) => count > 0),
    finished: groups(counts, ({ provider, model }) => `${provider} ${model}`).flatMap(
      ([{ provider, model }, rows]) =>
        spreadOf(rows, 'finish_').map((spread) => ({ provider, model, ...spread })),
    ),
    tasks: byProvider.flatMap(([{ provider }, rows]) => tasksIn(provider, rows)),
    webhookDelays: byProvider.flatMap(([{ provider }, rows]) => [
      ...spreadOf(rows, 'delay_').map((spread) => ({
        provider,
        completedVia: 'webhook' as const,
        ...spread,
      })),
      ...spreadOf(rows, 'late_').map((spread) => ({ provider, completedVia: 'poll' as const, ...spread })),
    ]),
    deadLetters: sum(counts.flatMap(({ name, n }) => (name === deadLettered ? [n] : []))),
  }
}

/** The jobs that have not ended, by provider and status. */
export async function countUnsettled(databases: readonly Database[]): Promise<Stats['jobs']> {
  const counts = await Promise.all(databases.map((db) => db.all<Unsettled>(unsettledSince(0, everyProject))))
  return groups(counts.flat(), keyOfJobs).map(([first, rows]) => ({
    ...first,
    count: sum(rows.map(({ count }) => count)),
  }))
}

interface NamedCount {
  name: string
  n: number
}

interface Count extends NamedCount {
  provider: ProviderName
  model: Model
}

type Unsettled = Stats['jobs'][number]

function countsSince(sinceMs: number, { project }: Viewer): SQL {
  const isSeen = project === null ? sql`1` : eq(counters.project, project)
  return sql`SELECT ${counters.provider}, ${counters.model}, counted.key AS name, sum(counted.value) AS n
    FROM ${counters}, json_each(${counters.counts}) AS counted WHERE ${counters.hourAt} >= ${sinceMs} AND ${isSeen}
    GROUP BY ${counters.provider}, ${counters.model}, counted.key`
}

function unsettledSince(sinceMs: number, { project }: Viewer): SQL {
  // The plus: through the index of the project, its ended jobs would be read too.
  const isSeen = project === null ? sql`1` : sql`+${jobs.project} = ${project}`
  const ranges = jobStatuses
    .filter((status) => !isSettled(status))
    .flatMap((status) =>
      providerNames.flatMap((provider) => models.map((model) => [status, provider, model])),
    )
    .map((values) => sql`(${sql.join(values.map(literal), sql`, `)})`)
  const found = sql`SELECT 1 FROM ${jobs} WHERE ${jobs.status} = range.status AND ${jobs.provider} = range.provider
    AND ${jobs.model} = range.model AND ${jobs.erasedAt} IS NULL AND ${jobs.id} >= ${firstIdAt('job', sinceMs)} AND ${isSeen}
    LIMIT ${maxUnsettledCounted}`
  return sql`WITH range(status, provider, model) AS (VALUES ${sql.join(ranges, sql`, `)})
    SELECT provider, status, (SELECT count(*) FROM (${found})) AS count FROM range`
}

function jobsIn(counts: Count[]): Stats['jobs'] {
  return counts.flatMap(({ provider, name, n }) =>
    jobStatuses.filter((status) => status === name).map((status) => ({ provider, status, count: n })),
  )
}

const keyOfJobs = ({ provider, status }: Stats['jobs'][number]) => `${provider} ${status}`

/** Nothing for a provider without tasks. */
export function tasksIn(provider: ProviderName, counts: NamedCount[]): TaskStats[] {
  const of = (name: string) => counts.filter((count) => count.name === name).map(({ n }) => n)
  const [usd, credits, unreported] = [of('usd'), of('credits'), of('unreported')]
  const ends = completionSources.flatMap((source) => of(`via_${source}`))
  if ([...usd, ...credits, ...unreported, ...ends].length === 0) return []
  return [
    {
      provider,
      completedViaWebhook: sum(of('via_webhook')),
      completedViaPoll: sum(of('via_poll')),
      usd: usd.length === 0 ? null : sum(usd),
      credits: credits.length === 0 ? null : sum(credits),
      unreported: sum(unreported),
    },
  ]
}

/** Nothing if no time was counted. */
export function spreadOf(counts: NamedCount[], prefix: string): Spread[] {
  const buckets = Map.groupBy(
    counts.filter(({ name }) => name.startsWith(prefix)),
    ({ name }) => Number(name.slice(prefix.length)),
  )
  const histogram: Histogram = new Map(
    [...buckets].map(([bucket, rows]) => [bucket, sum(rows.map(({ n }) => n))]),
  )
  const [p50, p95] = [percentileOf(histogram, 0.5), percentileOf(histogram, 0.95)]
  return p50 === null || p95 === null ? [] : [{ count: countIn(histogram), p50, p95 }]
}

/** The rows with equal keys, with the first of them, in the order of the keys. */
function groups<Row>(rows: Row[], keyOf: (row: Row) => string): [Row, Row[]][] {
  const sorted = [...Map.groupBy(rows, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.flatMap(([, [first, ...others]]) =>
    first === undefined ? [] : [[first, [first, ...others]]],
  )
}

export function sum(numbers: number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
