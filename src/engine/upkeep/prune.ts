/**
 * prune: deletes the details of jobs that ended `PRUNE_AFTER_DAYS` ago: their stored events, the answers and webhooks of
 * their providers, and the bodies and attempts of their deliveries. The jobs, their costs and their videos stay. It adds
 * counters to the totals, and deletes old counters and starts too.
 */
import type { Context } from '../../context.ts'
import { prunedBefore } from '../../core/retention.ts'
import { repetitionMs, sweepEveryMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../../store/database.ts'
import { deleteOldCounters } from '../../store/jobs/counters.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { deleteStartsBefore } from '../../store/starts.ts'
import { pruneCandidates, pruneJobs } from '../../store/upkeep/prune.ts'
import { foldCounters } from '../../store/upkeep/totals.ts'

// Every ten minutes, because a look that finds nothing still reads some rows.
const minutesPerRound = 10
// The next round prunes the rest, the oldest first: about 6,000 jobs a round are 864,000 a day, of all databases together. A
// group takes two round trips.
const groupsPerRound = 30
const jobsPerGroup = 200

/** Called every minute by the cron trigger. */
// Two at once are harmless: the second finds nothing to delete.
export async function prune(context: Context): Promise<void> {
  if (Math.floor(context.now() / sweepEveryMs) % minutesPerRound !== 0) return
  await deleteStartsBefore(context.db, context.now() - repetitionMs)
  await inEachDatabase(context, async (db) => {
    await pruneEnded(context, db)
    await foldCounters(db, context.now())
    await deleteOldCounters(db, context.now())
  })
}

export async function pruneEnded({ config, databases, now, log }: Context, db: Database): Promise<void> {
  const startedAt = now()
  const endedBy = prunedBefore(config.pruneAfterDays, startedAt)
  if (endedBy === null) return
  let count = 0
  for (let group = 0; group < Math.ceil(groupsPerRound / databases.length); group++) {
    const { next, again } = await pruneCandidates(db, endedBy, jobsPerGroup)
    if (next.length + again.length === 0) break
    count += await pruneJobs(db, { next, again }, { endedBy, nowMs: now() })
    if (next.length < jobsPerGroup && again.length < jobsPerGroup) break
  }
  if (count > 0) log('jobs.pruned', { count, duration_ms: now() - startedAt })
}
