/**
 * advance: the story of a job. Read this first.
 *
 * Whoever gets to a due row first claims it, does one step, and commits what it learned, the events, the
 * deliveries and the next due time in one batch. A step that can follow at once follows under the same lease;
 * otherwise the row is let go, and a nudge is sent for when it is due again. Nothing depends on that nudge: the
 * sweep finds what is overdue.
 */
import type { Context } from '../context.ts'
import { type Committed, commitStep, type Step } from '../store/commit.ts'
import { type ClaimedJob, claimJob } from '../store/jobs.ts'
import { isLeaseLost } from '../store/lease.ts'
import { check } from './check.ts'
import { store } from './store.ts'
import { submit } from './submit.ts'

export async function advance(context: Context, jobId: string): Promise<void> {
  let job = await claim(context, jobId)
  while (job !== null) {
    const step = await takeStep(context, job)
    const committed = step === null ? null : await commit(context, job, step)
    job = committed === null ? null : await goOn(context, job, committed)
  }
}

/** One step of the job's life. Null: the lease was lost on the way, and another has the row. */
async function takeStep(context: Context, job: ClaimedJob): Promise<Step | null> {
  try {
    switch (job.status) {
      case 'queued':
        return await submit(context, job)
      case 'generating':
        return await check(context, job)
      case 'storing':
        return await store(context, job)
      case 'succeeded':
      case 'failed':
      case 'canceled':
        throw new Error(`a ${job.status} job is never due`)
    }
  } catch (error) {
    return stopIfLost(error)
  }
}

async function commit(context: Context, job: ClaimedJob, step: Step): Promise<Committed | null> {
  try {
    const committed = await commitStep(context.db, job, step, context.now())
    await context.nudges.deliveries((step.deliveries ?? []).map(({ id }) => id))
    if (committed.state === 'settled') {
      const duration_ms = context.now() - job.createdAt
      context.log('job.settled', {
        job_id: job.id,
        status: step.status,
        fault: step.fault?.code,
        duration_ms,
      })
    }
    return committed
  } catch (error) {
    return stopIfLost(error)
  }
}

/** The next step's job: the same one, still held; claimed again, when it is due already; or none for now. */
async function goOn(context: Context, job: ClaimedJob, committed: Committed): Promise<ClaimedJob | null> {
  switch (committed.state) {
    case 'held':
      return committed.job
    case 'settled':
      return null
    case 'released': {
      const waitMs = committed.dueAt - context.now()
      if (waitMs <= 0) return claim(context, job.id)
      await context.nudges.job(job.id, waitMs)
      return null
    }
  }
}

function claim({ db, now }: Context, jobId: string): Promise<ClaimedJob | null> {
  return claimJob(db, jobId, crypto.randomUUID(), now())
}

function stopIfLost(error: unknown): null {
  if (isLeaseLost(error)) return null
  throw error
}
