/** The commits of a run, and what follows from them. */
import type { Context } from '../context.ts'
import { opensLateCheck } from '../core/job/late.ts'
import { leaseMs, soonMs } from '../core/schedule/jobs.ts'
import { sendFresh } from '../deliveries/send-fresh.ts'
import { deleteOrphans } from '../media/delete.ts'
import { underFirstLease } from '../store/deliveries/claim.ts'
import { type Claim, needsRenewal, renewLease } from '../store/jobs/claim.ts'
import { type Committed, commitStep, releaseLease } from '../store/jobs/commit.ts'
import { applyChanges, jobAfter, type Step } from '../store/jobs/step.ts'
import { mayLeaveOrphans } from '../store/jobs/task-media.ts'
import { isTaskTaken } from '../store/jobs/tasks.ts'
import { isLeaseLost } from '../store/lease.ts'
import type { Run } from './run.ts'
import { recordLateResult } from './settle/late-result.ts'
import { afterCommit, beforeCommit, limitsInBatch } from './slots.ts'
import { closeReservation } from './spending.ts'

/** `step` includes what is not committed yet. Null: another worker has the row now. */
export async function commit(context: Context, run: Run, step: Step): Promise<Committed | null> {
  const { dbOf, queues, now } = context
  const { claim } = run
  const { id } = claim.job
  try {
    await beforeCommit(context, claim.job, step)
    const committed = await commitStep(dbOf(id), claim, attemptingAtOnce(claim, step), {
      limits: limitsInBatch(context),
      isExporting: context.config.exportTarget !== null,
      nowMs: now(),
    })
    run.uncommitted = null
    const sending = sendFresh(context, claim.job, step.deliveries, committed.fresh)
    try {
      await queues.exports(committed.exports, 0)
      await queues.jobs([...committed.woken, ...(await afterCommit(context, claim.job, step))])
      if (committed.state === 'settled') await afterSettling(context, claim, step)
    } finally {
      await sending
    }
    return committed
  } catch (error) {
    // Another job took the provider's task between this step's check and its commit. The next claim reads the new state:
    // the task of this job is still unresolved, and does not ask about that id again.
    if (isTaskTaken(error)) return await release(context, claim, soonMs)
    if (!isLeaseLost(error)) throw error
    run.uncommitted = null
    await recordLateResult(context, id, step)
    return null
  }
}

/**
 * The message that settles a job attempts its deliveries. A step that continues does not wait for receivers, and no
 * submission waits for one: what a queued job sends goes to the queue.
 */
function attemptingAtOnce({ job }: Claim, step: Step): Step {
  if (step.next !== 'settled' || job.status === 'queued') return step
  return { ...step, deliveries: step.deliveries.map(underFirstLease) }
}

async function afterSettling(context: Context, claim: Claim, step: Step): Promise<void> {
  const { job, tasks, outputs } = applyChanges(claim, step)
  context.log('job.settled', {
    job_id: job.id,
    provider: job.provider,
    status: step.status,
    fault: step.status === 'failed' ? step.fault.code : undefined,
    duration_ms: context.now() - job.createdAt,
  })
  await closeReservation(context, { job, tasks })
  // The late check may still need them, and deletes them at its end.
  if (opensLateCheck(jobAfter(claim.job, step), tasks)) return
  // After a crash here the daily reconciliation deletes them.
  if (tasks.some(mayLeaveOrphans)) await deleteOrphans(context.bucket, job, outputs)
}

/** Ends the step without changes: the row is due again after the wait. */
export async function release({ dbOf, now }: Context, { job }: Claim, waitMs: number): Promise<Committed> {
  const dueAt = await releaseLease(dbOf(job.id), job, waitMs, now())
  return { state: 'released', status: job.status, dueAt, woken: [], fresh: null, exports: [] }
}

/** During a copy. The first renewal commits the steps before it: what a long copy is for is shown, and kept in a crash. */
export async function keepLease(context: Context, run: Run): Promise<void> {
  const { dbOf, now } = context
  if (!needsRenewal(run.claim.job, now())) return
  run.isStepwise = true
  const committed = run.uncommitted && (await commit(context, run, run.uncommitted))
  if (committed?.state === 'held') run.claim = committed.claim
  if (!needsRenewal(run.claim.job, now())) return
  const { job } = run.claim
  await renewLease(dbOf(job.id), job, now())
  run.claim = { ...run.claim, job: { ...job, leasedUntil: now() + leaseMs } }
}
