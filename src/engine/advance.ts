/**
 * advance: the story of a job. Read this first.
 *
 * Whoever gets to a due row first claims it, does one step, and commits what it learned, the events, the
 * deliveries and the next due time in one batch. A step that can follow at once follows under the same lease;
 * otherwise the row is let go, and a nudge is sent for when it is due again. Nothing depends on that nudge: the
 * sweep finds what is overdue.
 */
import type { Context } from '../context.ts'
import { isSettled } from '../core/job.ts'
import { soonMs } from '../core/schedule.ts'
import { removeUnnamed } from '../media/remove.ts'
import { type Claim, claimJob, learn } from '../store/claim.ts'
import { type Committed, commitStep, type Step } from '../store/commit.ts'
import { isLeaseLost } from '../store/lease.ts'
import { isTaskHeld } from '../store/tasks.ts'
import { check } from './check.ts'
import { keepLate } from './late.ts'
import { store } from './store.ts'
import { submit } from './submit.ts'

export async function advance(context: Context, jobId: string): Promise<void> {
  let claim = await take(context, jobId)
  while (claim !== null) {
    const step = await takeStep(context, claim)
    const committed = step === null ? null : await commit(context, claim, step)
    claim = committed === null ? null : await goOn(context, jobId, committed)
  }
}

/** One step of the job's life. Null: the lease was lost on the way, and another has the row. */
async function takeStep(context: Context, claim: Claim): Promise<Step | null> {
  const { status } = claim.job
  try {
    switch (status) {
      case 'queued':
        return await submit(context, claim)
      case 'generating':
        return await check(context, claim)
      case 'storing':
        return await store(context, claim)
      case 'succeeded':
      case 'failed':
      case 'canceled':
        throw new Error(`a ${status} job is never due`)
    }
  } catch (error) {
    return stopIfLost(error)
  }
}

async function commit(context: Context, claim: Claim, step: Step): Promise<Committed | null> {
  const { db, config, nudges, now } = context
  try {
    const committed = await commitStep(db, claim, step, config.limits, now())
    await nudges.deliveries((step.deliveries ?? []).map(({ id }) => id))
    await nudges.jobs(committed.woken)
    if (committed.state === 'settled') {
      const { job, tasks, outputs } = learn(claim, step)
      const duration_ms = now() - job.createdAt
      context.log('job.settled', {
        job_id: job.id,
        provider: job.provider,
        status: step.status,
        fault: step.fault?.code,
        duration_ms,
      })
      // Of a video that was uploaded in vain, or twice. Dying before this leaves it to the daily comparison.
      if (tasks.some(({ awaitsUpload }) => awaitsUpload)) await removeUnnamed(context.bucket, job, outputs)
    }
    return committed
  } catch (error) {
    // Another job took the task between this step's look and its commit. The next claim reads what is so now: the line
    // is still unanswered, and the task is not looked at again.
    if (isTaskHeld(error)) return letGo(context, claim)
    if (!isLeaseLost(error)) throw error
    await keepLate(context, claim.job.id, step)
    return null
  }
}

async function letGo({ db, config, now }: Context, claim: Claim): Promise<Committed | null> {
  const { status } = claim.job
  if (isSettled(status)) return null
  return commitStep(db, claim, { status, next: { waitMs: soonMs } }, config.limits, now())
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
      await context.nudges.job(jobId, waitMs)
      return null
    }
  }
}

function take({ db, now }: Context, jobId: string): Promise<Claim | null> {
  return claimJob(db, jobId, crypto.randomUUID(), now())
}

function stopIfLost(error: unknown): null {
  if (isLeaseLost(error)) return null
  throw error
}
