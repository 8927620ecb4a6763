/** The events that a stream of all jobs has missed since its cursor. */
import type { Context } from '../../context.ts'
import { lateCommitMs, longestJobMs, maxGapMs, maxResumeJobs } from '../../core/schedule/watch.ts'
import type { FoundEvent } from '../../store/reports/watch-memory.ts'
import { changedSince } from '../../store/reports/watch-unsettled.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { eventsOf } from './found-events.ts'

/**
 * Oldest first. With events of the minutes before, which may have been committed late. Null: too much to find all. `project`:
 * only the events of its jobs; null: of all jobs.
 */
export async function missedSince(
  context: Context,
  cursorMs: number,
  project: string | null,
): Promise<{ events: FoundEvent[]; statements: number } | null> {
  if (context.now() - cursorMs > maxGapMs) return null
  const sinceMs = cursorMs - lateCommitMs
  const changed = await inEachDatabase(context, (db) =>
    changedSince(db, { sinceMs, createdSinceMs: sinceMs - longestJobMs, project }),
  )
  const ids = changed.flatMap((found) => found?.ids ?? [])
  if (changed.includes(null) || ids.length > maxResumeJobs) return null
  const found = await Promise.all(
    context.databases.map((db, shard) =>
      eventsOf(context, db, changed[shard]?.ids ?? [], { sinceMs, isNew: () => true }),
    ),
  )
  return {
    events: found.flatMap(({ events }) => events).sort((one, two) => one.at - two.at),
    statements: [...changed, ...found].reduce((sum, one) => sum + (one?.statements ?? 0), 0),
  }
}
