/**
 * The counters of ended jobs, one row for each hour, provider and model. Each job is counted once, in the batch that ends it:
 * a second run of the batch finds the lease lost and writes nothing. Erasing a job leaves its counts.
 */
import { lt, type SQL, sql } from 'drizzle-orm'
import { bucketGrowth } from '../../core/histogram.ts'
import type { ProviderName } from '../../core/request/request.ts'
import type { Database } from '../database.ts'
import { counters, jobs, tasks, webhooks } from '../schema.ts'

export const hourMs = 60 * 60 * 1_000
/** One day more than the longest period of the statistics. */
const keptMs = 8 * 24 * hourMs

/**
 * Counts a job that has just ended, under the provider of each task and its own. After all other changes of its batch, because
 * it reads the rows. The names of the counts:
 * - a final status: the jobs that ended so; `finish_<bucket>`: the times from creation to success;
 * - `via_<source>`: the tasks whose end was noticed so;
 * - `delay_<bucket>`: the times from the webhook to the task's end; `late_<bucket>`: from the end that a poll found to the webhook;
 * - `usd`, `credits`: the sums of the reported costs; `unreported`: the succeeded tasks without one.
 */
export function countSettled(db: Database, jobId: string) {
  const reported = sql`CASE WHEN json_valid(${tasks.cost}) AND ${tasks.cost} ->> '$.source' = 'provider' THEN ${tasks.cost} END`
  const costs = sql`json_object('usd', (${reported}) ->> '$.amount_usd', 'credits', (${reported}) ->> '$.credits',
    'unreported', iif(${tasks.status} = 'succeeded' AND (${reported}) IS NULL, 1, NULL))`
  return add(
    db,
    sql`WITH job AS (SELECT * FROM ${jobs} WHERE ${jobs.id} = ${jobId}),
      task AS (SELECT ${tasks.provider}, ${tasks.completedVia}, ${delay} AS delay, ${costs} AS costs
        FROM ${tasks} WHERE ${tasks.jobId} = ${jobId}),
      counted(provider, name, n) AS (
        SELECT provider, status, 1 FROM job
        UNION ALL SELECT provider, 'finish_' || ${bucketOf(sql`settled_at - created_at`)}, 1 FROM job WHERE status = 'succeeded'
        UNION ALL SELECT provider, 'via_' || completed_via, 1 FROM task WHERE completed_via IS NOT NULL
        UNION ALL SELECT provider, iif(completed_via = 'webhook', 'delay_', 'late_') || ${bucketOf(sql`delay`)}, 1
          FROM task WHERE delay IS NOT NULL
        UNION ALL SELECT provider, key, value FROM task, json_each(task.costs) WHERE value IS NOT NULL
      )
      SELECT ${hourOf(sql`(SELECT created_at FROM job)`)}, provider, (SELECT model FROM job), json_group_object(name, n)
      FROM (SELECT provider, name, sum(n) AS n FROM counted GROUP BY provider, name) WHERE true GROUP BY provider`,
  )
}

/** Counts the first webhook that a provider sent after the job had ended. */
export function countLateWebhook(
  db: Database,
  { jobId, provider, receivedAt }: { jobId: string; provider: ProviderName; receivedAt: number },
) {
  const late = sql`SELECT ${bucketOf(sql`${receivedAt} - ${tasks.endedAt}`)} AS bucket, count(*) AS n FROM ${tasks}
    WHERE ${tasks.jobId} = ${jobId} AND ${tasks.provider} = ${provider} AND ${tasks.completedVia} = 'poll'
      AND ${delay} IS NULL GROUP BY bucket`
  return add(
    db,
    sql`SELECT ${hourOf(sql`${jobs.createdAt}`)}, ${provider}, ${jobs.model},
        (SELECT json_group_object('late_' || bucket, n) FROM (${late}))
      FROM ${jobs} WHERE ${jobs.id} = ${jobId}`,
  )
}

/** Deletes the counters that no statistics show. */
export async function deleteOldCounters(db: Database, nowMs: number): Promise<void> {
  await db.delete(counters).where(lt(counters.hourAt, nowMs - keptMs))
}

/** Adds the counts of these rows to those that are stored. */
function add(db: Database, rows: SQL) {
  const both = sql`SELECT key, value FROM json_each(${counters.counts})
    UNION ALL SELECT key, value FROM json_each(excluded.counts)`
  const sums = sql`SELECT key, sum(value) AS n FROM (${both}) GROUP BY key`
  return db
    .insert(counters)
    .select(rows)
    .onConflictDoUpdate({
      target: [counters.hourAt, counters.provider, counters.model],
      set: { counts: sql`(SELECT json_group_object(key, n) FROM (${sums}))` },
    })
}

// Only journaled webhooks are read. After the job's end webhooks are not journaled.
const received = (when: SQL) =>
  sql`FROM ${webhooks} WHERE ${webhooks.jobId} = ${tasks.jobId} AND ${webhooks.provider} = ${tasks.provider} AND ${webhooks.receivedAt} ${when}`
const delay = sql`CASE ${tasks.completedVia}
  WHEN 'webhook' THEN ${tasks.endedAt} - (SELECT max(${webhooks.receivedAt}) ${received(sql`<= ${tasks.endedAt}`)})
  WHEN 'poll' THEN (SELECT min(${webhooks.receivedAt}) ${received(sql`> ${tasks.endedAt}`)}) - ${tasks.endedAt}
END`

function bucketOf(ms: SQL): SQL {
  return sql`CAST(ln(max(${ms}, 1)) / ${sql.raw(String(Math.log(bucketGrowth)))} AS INTEGER)`
}

// Not as bound values: D1 binds every number as a float, and the division would keep its fraction.
const hour = sql.raw(String(hourMs))

function hourOf(ms: SQL): SQL {
  return sql`${ms} / ${hour} * ${hour}`
}
