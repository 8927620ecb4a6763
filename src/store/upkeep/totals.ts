/**
 * The totals of all counters, which only grow: the counters themselves are deleted after a month. One row of
 * `reconciliations` has the sums of the hours before its `due_at`, so a total is that row and the counters of the last hours.
 *
 * Each count is in one of the two. `foldCounters` moves whole hours into the row, and a job of such an hour that ends later
 * is added to the row in the batch that counts it.
 *
 * Each fold also measures how long providers took in the last days, in the same row: the counters of these days are too many
 * rows for the post of a job.
 */
import { and, eq, gt, type SQL, sql } from 'drizzle-orm'
import { measuredMs, timeCountPrefix } from '../../core/choice/measured-times.ts'
import type { Counts } from '../../core/job/counts.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import type { Database } from '../database.ts'
import { counters, reconciliations } from '../schema.ts'

export const hourMs = 60 * 60 * 1_000
/** Bounds what one statement reads, after an upgrade or while the cron trigger did not run. */
const maxHoursPerFold = 48
export const totalsName = 'totals'

// A damaged row must not keep a job from its end, nor a report from its page.
export const readable = sql`iif(json_valid(${counters.counts}), ${counters.counts}, '{}')`
export const isTotals = sql`${reconciliations.name} = ${totalsName}`
const readableTotals = sql`iif(json_valid(${reconciliations.counts}), ${reconciliations.counts}, '{}')`

const foldedUntil = sql`coalesce((SELECT ${reconciliations.dueAt} FROM ${reconciliations} WHERE ${isTotals}), 0)`

/** Money is added in millionths: a sum of fractions depends on their order, and a total must never shrink. */
const inMillionths: readonly string[] = ['usd', 'credits']

/** The times of providers are no totals: they are those of the last days. */
const isTime = sql`substr(counted.key, 1, ${timeCountPrefix.length}) = ${timeCountPrefix}`

/** `<provider> <model> <resolution>_<bucket>` → how many tasks took that long. */
export const measuredTimes = sql<string | null>`${reconciliations.last}`

/**
 * Belongs in the batch that counts a job of that hour. It changes nothing while the hour is not folded. An hour is folded one
 * hour after its end, so within the hour itself it is not needed.
 */
export function addToTotals(
  db: Database,
  { hourAt, provider, nowMs }: { hourAt: number; provider: ProviderName; nowMs: number },
  counts: Counts,
) {
  if (nowMs < hourAt + hourMs) return []
  const summed = Object.entries(counts).filter(([name]) => !name.startsWith(timeCountPrefix))
  const sums = summed.map(([name, n]): SQL => {
    const path = `$."${provider} ${name}"`
    const whole = inMillionths.includes(name) ? Math.round(n * 1e6) : n
    return sql`${path}, coalesce(${readableTotals} ->> ${path}, 0) + ${whole}`
  })
  return [
    db
      .update(reconciliations)
      .set({ counts: sql`json_set(${readableTotals}, ${sql.join(sums, sql`, `)})` })
      .where(and(isTotals, gt(reconciliations.dueAt, hourAt))),
  ]
}

/** Adds the hours that ended at least one hour ago. Precedes the deletion of old counters. */
export async function foldCounters(db: Database, nowMs: number): Promise<void> {
  const untilMs = nowMs - (nowMs % hourMs) - hourMs
  for (;;) {
    const [row] = await db
      .select({ at: reconciliations.dueAt })
      .from(reconciliations)
      .where(eq(reconciliations.name, totalsName))
    const fromMs = row?.at ?? 0
    if (fromMs >= untilMs) return
    await fold(db, { fromMs, untilMs, nowMs })
  }
}

// Running this twice is harmless: the second finds the row changed, and writes nothing.
async function fold(
  db: Database,
  { fromMs, untilMs, nowMs }: { fromMs: number; untilMs: number; nowMs: number },
): Promise<void> {
  const first = sql`(SELECT min(${counters.hourAt}) FROM ${counters} WHERE ${counters.hourAt} >= ${fromMs})`
  const end = sql`min(${untilMs}, coalesce(${first} + ${maxHoursPerFold * hourMs}, ${untilMs}))`
  const sums = sql`SELECT json_group_object(name, n) FROM (${sumsOf(sql`${counters.hourAt} < ${end}`)})`
  const times = sql`SELECT json_group_object(name, n) FROM (${timesSince(nowMs - measuredMs)})`
  await db.run(sql`INSERT INTO ${reconciliations} (name, due_at, counts, last)
    SELECT ${totalsName}, ${end}, (${sums}), (${times}) WHERE ${foldedUntil} = ${fromMs}
    ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at, counts = excluded.counts, last = excluded.last`)
}

function timesSince(sinceMs: number): SQL {
  const name = sql`${counters.provider} || ' ' || ${counters.model} || ' ' || substr(counted.key, ${timeCountPrefix.length + 1})`
  return sql`SELECT ${name} AS name, sum(counted.value) AS n FROM ${counters}, json_each(${readable}) AS counted
    WHERE ${counters.hourAt} > ${sinceMs} AND ${isTime} GROUP BY 1`
}

export interface Total {
  provider: ProviderName
  /** As in `countsOf` (core/job/counts.ts), and `dead_lettered`. */
  name: string
  /** Of `usd` and `credits` in millionths. */
  n: number
}

/** One statement, so that no hour is folded between two reads. */
export async function readTotals(db: Database): Promise<Total[]> {
  return db.all<Total>(sql`SELECT substr(name, 1, instr(name, ' ') - 1) AS provider,
    substr(name, instr(name, ' ') + 1) AS name, n FROM (${sumsOf(sql`1`)})`)
}

/** The totals, and the counters of the selected hours that are not in them yet. */
function sumsOf(isSelected: SQL): SQL {
  const quantity = sql`iif(counted.key IN ${inMillionths}, CAST(round(counted.value * 1000000) AS INTEGER), counted.value)`
  return sql`SELECT name, sum(n) AS n FROM (
      SELECT total.key AS name, total.value AS n FROM ${reconciliations}, json_each(${readableTotals}) AS total WHERE ${isTotals}
      UNION ALL SELECT ${counters.provider} || ' ' || counted.key, ${quantity} FROM ${counters}, json_each(${readable}) AS counted
        WHERE ${counters.hourAt} >= ${foldedUntil} AND ${isSelected} AND NOT ${isTime}
    ) GROUP BY name`
}
