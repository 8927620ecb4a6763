/** sweep: once a minute, wakes every overdue row and erases the jobs that are due. It costs as much as there is due. */
import type { Context } from '../../context.ts'
import { maxExportsAtOnce } from '../../core/schedule/jobs.ts'
import type { Database } from '../../store/database.ts'
import { overdueDeliveries } from '../../store/deliveries/claim.ts'
import { parkOverdue, releaseDueQueues } from '../../store/deliveries/host-queue-sweep.ts'
import { overdueExports } from '../../store/exports/exports.ts'
import { overdueJobs } from '../../store/jobs/jobs.ts'
import { overdueLateChecks } from '../../store/late/late-checks.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { cleanUp } from '../slots.ts'
import { eraseDue } from './erase.ts'

// The rest is still overdue at the next sweep, the longest due first.
const maxPerSweep = 1_000

// Two sweeps at once are harmless: the second wake-up of a row finds it claimed or not due.
export async function sweep(context: Context): Promise<void> {
  // The control database may be in trouble while the others are not.
  const [cleaned, swept] = await Promise.allSettled([
    cleanUp(context),
    inEachDatabase(context, (db, shard) => sweepShard(context, db, shard)),
  ])
  for (const one of [cleaned, swept]) if (one.status === 'rejected') throw one.reason
}

async function sweepShard(context: Context, db: Database, shard: number): Promise<void> {
  const { queues, now } = context
  const startedAt = now()
  const [jobs, lateChecks, deliveries, exports] = await Promise.all([
    overdueJobs(db, now(), maxPerSweep),
    overdueLateChecks(db, now(), maxPerSweep),
    findOverdueDeliveries(db, now),
    context.config.exportTarget === null ? [] : overdueExports(db, now(), maxExportsAtOnce),
  ])
  await Promise.all([
    queues.jobs(jobs),
    queues.late(lateChecks, 0),
    queues.deliveries(deliveries),
    queues.exports(exports, 0),
  ])
  const erasures = await eraseDue(context, db)
  context.log('sweep.finished', {
    shard,
    jobs: jobs.length,
    late_checks: lateChecks.length,
    deliveries: deliveries.length,
    exports: exports.length,
    erasures,
    duration_ms: now() - startedAt,
  })
}

/** Parks the deliveries to failing hosts first, and adds those that their host queue releases now. */
async function findOverdueDeliveries(db: Database, now: Context['now']): Promise<string[]> {
  const released = () => releaseDueQueues(db, now())
  // Most sweeps find none, and parking none reads two rows.
  if ((await overdueDeliveries(db, now(), 1)).length === 0) return released()
  await parkOverdue(db, now())
  return [...(await overdueDeliveries(db, now(), maxPerSweep)), ...(await released())]
}
