/**
 * The counters of ended jobs, one row for each hour, provider, model and project. Each job is counted once, in the batch that ends it:
 * a second run of the batch finds the lease lost and writes nothing. Erasing a job leaves its counts.
 */
import { and, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { bucketOf } from '../../core/histogram.ts'
import { type Counts, countsOf, delayOf } from '../../core/job/counts.ts'
import type { Model, ProviderName } from '../../core/request/choices.ts'
import type { Database } from '../database.ts'
import { preparedByNames, value } from '../prepared.ts'
import { counters, jobs, webhooks } from '../schema.ts'
import { addToTotals, hourMs, readable } from '../upkeep/totals.ts'
import { readTask, selectTasks } from './tasks.ts'

/** One day more than the longest period of the statistics. */
const keptMs = 31 * 24 * hourMs
/** Not the end of a job: messages about it that failed in all their attempts, in the hour of the last one. */
export const deadLettered = 'dead_lettered'

/** Counts a job that ends in the same batch, under its provider and the provider of each task. */
export function countSettled(
  db: Database,
  ended: Parameters<typeof countsOf>[0] & { job: { model: Model; project: string | null } },
  nowMs: number,
) {
  return [...countsOf(ended)].flatMap(([provider, counts]) =>
    add(db, { ...ended.job, provider }, counts, nowMs),
  )
}

/** Counts the first webhook that a provider sent after the job had ended, for the tasks whose end a poll had found. */
export async function countLateWebhook(
  db: Database,
  { jobId, provider, receivedAt }: { jobId: string; provider: ProviderName; receivedAt: number },
): Promise<void> {
  const [[job], tasks, earlier] = await db.batch([
    db
      .select({ model: jobs.model, project: jobs.project, createdAt: jobs.createdAt })
      .from(jobs)
      .where(eq(jobs.id, jobId)),
    selectTasks(db, jobId),
    db
      .select({ receivedAt: webhooks.receivedAt })
      .from(webhooks)
      .where(and(eq(webhooks.jobId, jobId), eq(webhooks.provider, provider))),
  ])
  const times = earlier.map((webhook) => webhook.receivedAt)
  const late = tasks
    .map(readTask)
    .filter(
      (task) => task.provider === provider && task.completedVia === 'poll' && delayOf(task, times) === null,
    )
    .flatMap((task) => (task.endedAt === null ? [] : [`late_${bucketOf(receivedAt - task.endedAt)}`]))
  if (job === undefined || late.length === 0) return
  const counts: Counts = {}
  for (const name of late) counts[name] = (counts[name] ?? 0) + 1
  await db.batch(add(db, { ...job, provider }, counts, receivedAt))
}

/** Counts a message about the job that failed in all its attempts. */
export async function countDeadLetter(db: Database, jobId: string, nowMs: number): Promise<void> {
  const [job] = await db
    .select({ provider: jobs.provider, model: jobs.model, project: jobs.project })
    .from(jobs)
    .where(eq(jobs.id, jobId))
  if (job !== undefined) await db.batch(add(db, { ...job, createdAt: nowMs }, { [deadLettered]: 1 }, nowMs))
}

/** Deletes the counters that no statistics show. */
export async function deleteOldCounters(db: Database, nowMs: number): Promise<void> {
  await db.delete(counters).where(lt(counters.hourAt, nowMs - keptMs))
}

/** Adds the counts to those that are stored for the hour in which the job was created, and to the totals if they have it. */
function add(
  db: Database,
  job: { createdAt: number; provider: ProviderName; model: Model; project: string | null },
  counts: Counts,
  nowMs: number,
): [BatchItem<'sqlite'>, ...BatchItem<'sqlite'>[]] {
  const { createdAt, provider, model, project } = job
  const hourAt = createdAt - (createdAt % hourMs)
  const entries = Object.entries(counts).flatMap(([name, n], index) => [
    [`path${index}`, `$.${name}`],
    [`n${index}`, n],
  ])
  const row = {
    hourAt,
    provider,
    model,
    project: project ?? '',
    counts: JSON.stringify(counts),
    ...Object.fromEntries(entries),
  }
  return [addRow(db, row), ...addToTotals(db, { hourAt, provider, nowMs }, counts)]
}

const addRow = preparedByNames((db, names) => {
  const sums = names
    .filter((name) => name.startsWith('path'))
    .map((path): SQL => {
      const stored = sql`coalesce(${readable} ->> ${value(path)}, 0)`
      return sql`${value(path)}, ${stored} + ${value(path.replace('path', 'n'))}`
    })
  return db
    .insert(counters)
    .values({
      hourAt: value('hourAt'),
      provider: value('provider'),
      model: value('model'),
      project: value('project'),
      counts: value('counts'),
    })
    .onConflictDoUpdate({
      target: [counters.hourAt, counters.provider, counters.model, counters.project],
      set: { counts: sql`json_set(${readable}, ${sql.join(sums, sql`, `)})` },
    })
})
