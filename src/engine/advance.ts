/**
 * advance: the life of a job. Read this first.
 *
 * A worker claims a due row, does one step, and commits its changes, events, deliveries and the next due time in one
 * batch. A step that can follow at once runs under the same lease, if this message may run it (allowance.ts), and often in
 * the same commit (run.ts). Otherwise the row is released, and a wake-up is sent for when it is due again. Nothing depends
 * on that wake-up, because the sweep finds overdue rows.
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
 *   settled     —       settle/settle.ts    nothing; upkeep/erase.ts erases the job later. A video that its provider
 *                                           finishes after the deadline is attached by late/check.ts
 */
import { type Context, tracedContext } from '../context.ts'
import { beginsStepsMs } from '../core/schedule/jobs.ts'
import { surpriseWaitMs } from '../core/schedule/waits.ts'
import { describeError } from '../log.ts'
import { type Claim, claimJob, claimQueuedJob } from '../store/jobs/claim.ts'
import type { Committed } from '../store/jobs/commit.ts'
import type { Step } from '../store/jobs/step.ts'
import { isLeaseLost } from '../store/lease.ts'
import { recordWebhook } from '../webhooks/record.ts'
import type { PostedWebhook } from '../webhooks/signature.ts'
import { type Allowance, lessStep, mayClaim, within } from './allowance.ts'
import { commit, keepLease, release } from './commit.ts'
import { giveUp, hasDiedLate, patienceEndsAt } from './give-up.ts'
import { checkLate } from './late/check.ts'
import { poll } from './poll/poll.ts'
import { beginRun, claimOf, mayFollow, type Run, withUncommitted } from './run.ts'
import { save } from './save/save.ts'
import { recordLateResult } from './settle/late-result.ts'
import { submit } from './submit/submit.ts'

type Steps = Allowance['steps']

/** For a message of the queue RESULTS: every step, but one copy at most. */
export async function advance(context: Context, jobId: string): Promise<void> {
  await takeSteps(context, await take(context, jobId, 'all_with_one_copy'), 'all_with_one_copy')
}

/** The same for a webhook in that queue: it is journaled with the claim. */
export async function advanceWithWebhook(context: Context, webhook: PostedWebhook): Promise<void> {
  const claim = await recordWebhook(context, webhook)
  if (claim === 'late') return checkLate(context, webhook.jobId)
  await takeSteps(context, claim, 'all_with_one_copy')
}

/** For a message of the queue JOBS: only the steps of a queued job. */
export async function advanceQueued(context: Context, jobId: string): Promise<void> {
  await takeSteps(context, await take(context, jobId, 'of_queued_jobs'), 'of_queued_jobs')
}

async function take({ dbOf, queues, now }: Context, id: string, steps: Steps): Promise<Claim | null> {
  if (steps !== 'of_queued_jobs') return claimJob(dbOf(id), id, crypto.randomUUID(), now())
  const claim = await claimQueuedJob(dbOf(id), id, crypto.randomUUID(), now())
  if (typeof claim !== 'string') return claim
  await queues.job({ id, status: claim }, 0)
  return null
}

async function takeSteps(untraced: Context, first: Claim | null, steps: Steps): Promise<void> {
  if (first === null) return
  const context = tracedContext(untraced, first.job)
  const run = beginRun(first, { steps, until: context.now() + beginsStepsMs })
  for (;;) {
    const committed = await takeUntilCommit(context, run)
    const next = committed === null ? null : await nextClaim(context, run, committed)
    if (next === null) return
    run.claim = next
    run.uncommitted = null
  }
}

/** Null: a step failed, or another worker has the row now. */
async function takeUntilCommit(context: Context, run: Run): Promise<Committed | null> {
  try {
    for (;;) {
      const claim = claimOf(run)
      run.allowance = lessStep(run.allowance, claim)
      const step = within(run.allowance, claim, await takeStep(context, run, claim), context.now())
      const whole = withUncommitted(run, step)
      if (!mayFollow(run, whole, context.now())) return await commit(context, run, whole)
      run.uncommitted = whole
    }
  } catch (error) {
    if (!isLeaseLost(error)) return afterError(context, run, error)
    if (run.uncommitted !== null) await recordLateResult(context, run.claim.job.id, run.uncommitted)
    return null
  }
}

async function takeStep(context: Context, run: Run, claim: Claim): Promise<Step> {
  if (hasDiedLate(claim.job)) return giveUp(context, claim)
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
      return save(context, claim, () => keepLease(context, run))
  }
}

/** An unexpected error may repeat: the row is released and tried again later. Past its deadline the job ends. */
async function afterError(context: Context, run: Run, error: unknown): Promise<Committed | null> {
  const { log, now } = context
  const { uncommitted, claim } = run
  const { job } = claimOf(run)
  log('step.failed', {
    job_id: job.id,
    provider: job.provider,
    status: job.status,
    error: describeError(error),
  })
  const untilEndMs = patienceEndsAt(job) - now()
  try {
    const surpriseMs = surpriseWaitMs(now() - job.createdAt)
    const waitMs = untilEndMs > 0 ? Math.min(surpriseMs, untilEndMs) : surpriseMs
    // The results of the steps before it are not lost.
    if (uncommitted !== null) return await commit(context, run, { ...uncommitted, next: { waitMs } })
    if (untilEndMs <= 0 && job.wasDueAt >= patienceEndsAt(job)) {
      return await commit(context, run, await giveUp(context, claim))
    }
    return await release(context, claim, waitMs)
  } catch (second) {
    // The step had committed, and the error came after its commit.
    if (isLeaseLost(second)) return null
    throw second
  }
}

/** The claim of the next step: the same lease, a new one when the row is due already, or null for now. */
async function nextClaim(
  context: Context,
  { allowance, claim }: Run,
  committed: Committed,
): Promise<Claim | null> {
  const { id } = claim.job
  switch (committed.state) {
    case 'held':
      return committed.claim
    case 'settled':
      return null
    case 'released': {
      const { status, dueAt } = committed
      const waitMs = dueAt - context.now()
      if (waitMs <= 0 && mayClaim(allowance, status, context.now())) return take(context, id, allowance.steps)
      await context.queues.job({ id, status }, waitMs)
      return null
    }
  }
}
