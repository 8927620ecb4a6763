/**
 * advance: the story of a job. Read this first.
 *
 * Whoever gets to a due row first claims it, does one step, and commits what it learned, the events, the
 * deliveries and the next due time in one batch. A step that can follow at once follows under the same lease;
 * otherwise the row is let go, and a nudge is sent for when it is due again. Nothing depends on that nudge: the
 * sweep finds what is overdue.
 */
import type { Context } from '../context.ts'
import { soonMs } from '../core/schedule.ts'
import { surpriseWaitMs } from '../core/schedule-waits.ts'
import { describeError } from '../log.ts'
import { deleteOrphans } from '../media/delete.ts'
import { type Claim, type ClaimedJob, claimJob } from '../store/jobs/claim.ts'
import { type Committed, commitStep, releaseLease } from '../store/jobs/commit.ts'
import { applyChanges, type Step } from '../store/jobs/step.ts'
import { isTaskTaken } from '../store/jobs/tasks.ts'
import { isLeaseLost } from '../store/lease.ts'
import { giveUp, hasDiedLate, patienceEndsAt } from './give-up.ts'
import { poll } from './poll/poll.ts'
import { save } from './save/save.ts'
import { recordLateResult } from './settle/late-result.ts'
import { submit } from './submit/submit.ts'

export async function advance(context: Context, jobId: string): Promise<void> {
  let claim = await take(context, jobId)
  while (claim !== null) {
    const committed = await proceed(context, claim)
    claim = committed === null ? null : await goOn(context, jobId, committed)
  }
}

/** One step and its commit. Null: it failed, or the lease was lost on the way and another has the row. */
async function proceed(context: Context, claim: Claim): Promise<Committed | null> {
  try {
    const isOver = hasDiedLate(claim.job)
    return await commit(
      context,
      claim,
      isOver ? await giveUp(context, claim) : await takeStep(context, claim),
    )
  } catch (error) {
    return isLeaseLost(error) ? null : stumble(context, claim, error)
  }
}

/**
 * A surprise: nothing is known of it but that it may come again. The row is let go and tried again later; a job that
 * has been tried past its deadline ends.
 */
async function stumble(context: Context, claim: Claim, error: unknown): Promise<Committed | null> {
  const { log, now } = context
  const { job } = claim
  log('step.failed', {
    job_id: job.id,
    provider: job.provider,
    status: job.status,
    error: describeError(error),
  })
  const untilEndMs = patienceEndsAt(job) - now()
  try {
    if (untilEndMs <= 0 && job.wasDueAt >= patienceEndsAt(job)) {
      return await commit(context, claim, await giveUp(context, claim))
    }
    const waitMs = surpriseWaitMs(now() - job.createdAt)
    return await release(context, job, untilEndMs > 0 ? Math.min(waitMs, untilEndMs) : waitMs)
  } catch (second) {
    // The step had committed, and what failed came after it.
    if (isLeaseLost(second)) return null
    throw second
  }
}

/** One step of the job's life. */
async function takeStep(context: Context, claim: Claim): Promise<Step> {
  const { status, damaged } = claim.job
  switch (status) {
    case 'queued':
      // Nothing is bought by halves; what is at a provider already is still fetched.
      if (damaged.includes('request') || damaged.includes('providers'))
        throw new Error('the request is damaged')
      return submit(context, claim)
    case 'generating':
      return poll(context, claim)
    case 'storing':
      return save(context, claim)
    case 'succeeded':
    case 'failed':
    case 'canceled':
      throw new Error(`a ${status} job is never due`)
  }
}

async function commit(context: Context, claim: Claim, step: Step): Promise<Committed | null> {
  const { db, config, queues: nudges, now } = context
  try {
    const committed = await commitStep(db, claim, step, config.limits, now())
    await nudges.deliveries(step.deliveries.map(({ id }) => id))
    await nudges.jobs(committed.woken)
    if (committed.state === 'settled') {
      const { job, tasks, outputs } = applyChanges(claim, step)
      const duration_ms = now() - job.createdAt
      context.log('job.settled', {
        job_id: job.id,
        provider: job.provider,
        status: step.status,
        fault: step.status === 'failed' ? step.fault.code : undefined,
        duration_ms,
      })
      // Of a video that was uploaded in vain, or twice. Dying before this leaves it to the daily comparison.
      if (tasks.some(({ awaitsUpload }) => awaitsUpload)) await deleteOrphans(context.bucket, job, outputs)
    }
    return committed
  } catch (error) {
    // Another job took the task between this step's look and its commit. The next claim reads what is so now: the line
    // is still unanswered, and the task is not looked at again.
    if (isTaskTaken(error)) return await release(context, claim.job, soonMs)
    if (!isLeaseLost(error)) throw error
    await recordLateResult(context, claim.job.id, step)
    return null
  }
}

/** Ends the step without news: the row is due again after the wait. */
async function release({ db, now }: Context, job: ClaimedJob, waitMs: number): Promise<Committed> {
  await releaseLease(db, job, waitMs, now())
  return { state: 'released', dueAt: now() + waitMs, woken: [] }
}

/** The claim of the next step: the same one, still held; a new one, when it is due already; or none for now. */
async function goOn(context: Context, jobId: string, committed: Committed): Promise<Claim | null> {
  switch (committed.state) {
    case 'held':
      return committed.claim
    case 'settled':
      return null
    case 'released': {
      const waitMs = committed.dueAt - context.now()
      if (waitMs <= 0) return take(context, jobId)
      await context.queues.job(jobId, waitMs)
      return null
    }
  }
}

function take({ db, now }: Context, jobId: string): Promise<Claim | null> {
  return claimJob(db, jobId, crypto.randomUUID(), now())
}
