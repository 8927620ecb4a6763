/**
 * advance: the life of a job. Read this first.
 *
 * A worker claims a due row, does one step, and commits its changes, events, deliveries and the next due time in one
 * batch. A step that can follow at once runs under the same lease, if this message may run it (allowance.ts).
 * Otherwise the row is released, and a wake-up is sent for when it is due again. Nothing depends on that wake-up, because
 * the sweep finds overdue rows.
 *
 *   status      step    file                what may follow
 *   queued      submit  submit/submit.ts    queued: another task, a retry, a slot, inputs, an unknown response
 *                                           generating: a provider has the tasks
 *                                           failed: no provider took the job
 *   generating  poll    poll/poll.ts        generating: not finished
 *                                           storing: there are outputs
 *                                           failed: there are none
 *   storing     save    save/save.ts        storing: the next output, or a retry
 *                                           succeeded, failed: every output is stored or failed
 *   any above   —       settle/cancel.ts    canceled: at once, whatever step holds the row
 *   any above   give up give-up.ts          failed: steps kept throwing past the deadline
 *   settled     —       settle/settle.ts    nothing; upkeep/erase.ts erases the job later
 */
import type { Context } from '../context.ts'
import { beginsStepsMs, soonMs } from '../core/schedule.ts'
import { surpriseWaitMs } from '../core/schedule-waits.ts'
import { sendFresh } from '../deliveries/send-fresh.ts'
import { describeError } from '../log.ts'
import { deleteOrphans } from '../media/delete.ts'
import { underFirstLease } from '../store/deliveries/claim.ts'
import { type Claim, type ClaimedJob, claimJob, claimQueuedJob } from '../store/jobs/claim.ts'
import { type Committed, commitStep, releaseLease } from '../store/jobs/commit.ts'
import { applyChanges, type Step } from '../store/jobs/step.ts'
import { isTaskTaken, mayLeaveOrphans } from '../store/jobs/tasks.ts'
import { isLeaseLost } from '../store/lease.ts'
import { type Allowance, lessStep, mayClaim, within } from './allowance.ts'
import { giveUp, hasDiedLate, patienceEndsAt } from './give-up.ts'
import { poll } from './poll/poll.ts'
import { save } from './save/save.ts'
import { recordLateResult } from './settle/late-result.ts'
import { submit } from './submit/submit.ts'

/** For a message of the queue RESULTS: every step, but one copy at most. */
export function advance(context: Context, jobId: string): Promise<void> {
  return takeSteps(context, jobId, 'all_with_one_copy')
}

/** For a message of the queue JOBS: only the steps of a queued job. */
export function advanceQueued(context: Context, jobId: string): Promise<void> {
  return takeSteps(context, jobId, 'of_queued_jobs')
}

async function takeSteps(context: Context, jobId: string, steps: Allowance['steps']): Promise<void> {
  let allowance: Allowance = { steps, until: context.now() + beginsStepsMs }
  let claim = await take(context, jobId, allowance)
  while (claim !== null) {
    allowance = lessStep(allowance, claim)
    const committed = await runStep(context, claim, allowance)
    claim = committed === null ? null : await nextClaim(context, jobId, committed, allowance)
  }
}

async function take({ db, queues, now }: Context, id: string, { steps }: Allowance): Promise<Claim | null> {
  if (steps !== 'of_queued_jobs') return claimJob(db, id, crypto.randomUUID(), now())
  const claim = await claimQueuedJob(db, id, crypto.randomUUID(), now())
  if (typeof claim !== 'string') return claim
  await queues.job({ id, status: claim }, 0)
  return null
}

/** One step and its commit. Null: it failed, or another worker has the row now. */
async function runStep(context: Context, claim: Claim, allowance: Allowance): Promise<Committed | null> {
  try {
    const step = hasDiedLate(claim.job) ? await giveUp(context, claim) : await takeStep(context, claim)
    return await commit(context, claim, within(allowance, claim, step, context.now()))
  } catch (error) {
    return isLeaseLost(error) ? null : afterError(context, claim, error)
  }
}

async function takeStep(context: Context, claim: Claim): Promise<Step> {
  const { status, damaged } = claim.job
  switch (status) {
    case 'queued':
      // A damaged request buys nothing; a task that is already at a provider is still fetched.
      if (damaged.includes('request') || damaged.includes('providers'))
        throw new Error('the request is damaged')
      return submit(context, claim)
    case 'generating':
      return poll(context, claim)
    case 'storing':
      return save(context, claim)
  }
}

async function commit(context: Context, claim: Claim, step: Step): Promise<Committed | null> {
  const { db, config, queues, now } = context
  try {
    const limits = { limits: config.limits, nowMs: now() }
    const committed = await commitStep(db, claim, attemptingAtOnce(claim, step), limits)
    const sending = sendFresh(context, claim.job, step.deliveries, committed.fresh)
    try {
      await queues.jobs(committed.woken)
      if (committed.state === 'settled') await afterSettling(context, claim, step)
    } finally {
      await sending
    }
    return committed
  } catch (error) {
    // Another job took the provider's task between this step's check and its commit. The next claim reads the new state:
    // the task of this job is still unresolved, and does not ask about that id again.
    if (isTaskTaken(error)) return await release(context, claim.job, soonMs)
    if (!isLeaseLost(error)) throw error
    await recordLateResult(context, claim.job.id, step)
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
  // After a crash here the daily reconciliation deletes them.
  if (tasks.some(mayLeaveOrphans)) await deleteOrphans(context.bucket, job, outputs)
}

/** An unexpected error may repeat: the row is released and tried again later. Past its deadline the job ends. */
async function afterError(context: Context, claim: Claim, error: unknown): Promise<Committed | null> {
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
    // The step had committed, and the error came after its commit.
    if (isLeaseLost(second)) return null
    throw second
  }
}

/** Ends the step without changes: the row is due again after the wait. */
async function release({ db, now }: Context, job: ClaimedJob, waitMs: number): Promise<Committed> {
  await releaseLease(db, job, waitMs, now())
  return { state: 'released', status: job.status, dueAt: now() + waitMs, woken: [], fresh: [] }
}

/** The claim of the next step: the same lease, a new one when the row is due already, or null for now. */
async function nextClaim(
  context: Context,
  jobId: string,
  committed: Committed,
  allowance: Allowance,
): Promise<Claim | null> {
  switch (committed.state) {
    case 'held':
      return committed.claim
    case 'settled':
      return null
    case 'released': {
      const { status, dueAt } = committed
      const waitMs = dueAt - context.now()
      if (waitMs <= 0 && mayClaim(allowance, status, context.now())) return take(context, jobId, allowance)
      await context.queues.job({ id: jobId, status }, waitMs)
      return null
    }
  }
}
