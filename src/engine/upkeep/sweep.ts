/** sweep: once a minute, a nudge for every overdue row, and the erasures that are due. What it costs is what is due. */
import type { Context } from '../../context.ts'
import { overdueDeliveries } from '../../store/deliveries/claim.ts'
import { parkOverdue, releaseDueQueues } from '../../store/deliveries/host-queue-sweep.ts'
import { overdueJobs } from '../../store/jobs/jobs.ts'
import { cleanUpSlots } from '../../store/jobs/slots.ts'
import { eraseDue } from './erase.ts'

// What is left over is still overdue at the next sweep, oldest first.
const mostPerSweep = 1_000

// Two sweeps at once are harmless: the second nudge of a row finds it claimed or not due.
export async function sweep(context: Context): Promise<void> {
  const { db, config, queues: nudges, now } = context
  const startedAt = now()
  await cleanUpSlots(db, config.limits, now())
  const [jobs, deliveries] = await Promise.all([
    overdueJobs(db, now(), mostPerSweep),
    findOverdueDeliveries(context),
  ])
  await Promise.all([nudges.jobs(jobs), nudges.deliveries(deliveries)])
  const erasures = await eraseDue(context)
  context.log('sweep.finished', {
    jobs: jobs.length,
    deliveries: deliveries.length,
    erasures,
    duration_ms: now() - startedAt,
  })
}

/** Those for dead hosts are taken out of the way first, and those whose turn it is in a line are added. */
async function findOverdueDeliveries({ db, now }: Context): Promise<string[]> {
  await parkOverdue(db, now())
  const overdue = await overdueDeliveries(db, now(), mostPerSweep)
  return [...overdue, ...(await releaseDueQueues(db, now()))]
}
