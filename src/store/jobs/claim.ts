/** A claim: one step's lease on a job, and all rows of the job, in one round trip. */
import { and, eq, exists, isNull, lte, type SQL } from 'drizzle-orm'
import type { Subscription } from '../../core/event.ts'
import { isSettled, type UnsettledStatus } from '../../core/job/job.ts'
import { leaseMs } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { readSubscription, selectSubscriptions } from '../deliveries/endpoints.ts'
import { abortUnlessLeased } from '../lease.ts'
import { jobs } from '../schema.ts'
import { readRow, type UnsettledJob } from './jobs.ts'
import { type Output, readOutput, selectOutputs } from './outputs.ts'
import { readTask, selectTasks, type Task } from './tasks.ts'
import { type JournaledWebhook, selectWebhooks } from './webhooks.ts'

export interface Claim {
  job: ClaimedJob
  tasks: Task[]
  outputs: Output[]
  /** The newest webhooks that were journaled before the claim, oldest first. */
  webhooks: JournaledWebhook[]
  /** The endpoints that receive the job's events. One that is created during a step misses the events of that step. */
  subscriptions: Subscription[]
}

/** A job under a lease: only its holder may commit. A settled job is never claimed. */
export type ClaimedJob = UnsettledJob & {
  lease: string
  /** When the lease ends. */
  dueAt: number
  /** The last holder never released it: that step crashed, or was too slow. */
  isTakenOver: boolean
  /** When it was due, or the lease of its last holder ended, before this claim. */
  wasDueAt: number
}

/**
 * Claims the row for one step, if it is due. While leased, `due_at` is the end of the lease, so the row of a crashed step
 * becomes due by itself.
 */
// Idempotent: a second claim finds the row not due and changes nothing. With the same lease it reads its own claim.
export async function claimJob(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<Claim | null> {
  const { claim } = await take(db, { id, lease }, undefined, nowMs)
  return claim
}

/** The same for a queued job. One that is due with another status is not claimed, and its status is returned. */
export async function claimQueuedJob(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<Claim | UnsettledStatus | null> {
  const { claim, before } = await take(db, { id, lease }, eq(jobs.status, 'queued'), nowMs)
  if (claim !== null || before === undefined || before.dueAt === null) return claim
  const { status, dueAt } = before
  return status === 'queued' || isSettled(status) || dueAt > nowMs ? null : status
}

async function take(
  db: Database,
  { id, lease }: { id: string; lease: string },
  onlyIf: SQL | undefined,
  nowMs: number,
) {
  const dueAt = nowMs + leaseMs
  const update = db
    .update(jobs)
    .set({ lease, dueAt, wokenAt: null })
    .where(and(eq(jobs.id, id), lte(jobs.dueAt, nowMs), isNull(jobs.settledAt), onlyIf))
  const isHeld = and(eq(jobs.id, id), eq(jobs.lease, lease))
  const held = db.select({ id: jobs.id }).from(jobs).where(isHeld)
  const [[before], , [row], tasks, outputs, webhooks, subscriptions] = await db.batch([
    db
      .select({ lease: jobs.lease, dueAt: jobs.dueAt, status: jobs.status })
      .from(jobs)
      .where(eq(jobs.id, id)),
    update,
    db.select().from(jobs).where(isHeld),
    selectTasks(db, id),
    selectOutputs(db, id),
    // Only the claim that wrote its lease before this statement reads the bodies.
    selectWebhooks(db, id, exists(held)),
    selectSubscriptions(db),
  ])
  const job = row === undefined ? null : readRow(row)
  if (job === null || job.settledAt !== null) return { claim: null, before }
  // The answer to the first run of this claim was lost, and with it what was there before.
  const isRepeated = before?.lease === lease
  const claim: Claim = {
    job: {
      ...job,
      lease,
      dueAt,
      isTakenOver: !isRepeated && typeof before?.lease === 'string',
      wasDueAt: isRepeated ? job.createdAt : (before?.dueAt ?? nowMs),
    },
    tasks: tasks.map(readTask),
    outputs: outputs.map(readOutput),
    webhooks: webhooks.reverse(),
    subscriptions: subscriptions.map(readSubscription),
  }
  return { claim, before }
}

/** Extends the lease of a long step. Throws when the lease was lost. */
export async function renewLease(db: Database, job: ClaimedJob, nowMs: number): Promise<void> {
  const renewal = db
    .update(jobs)
    .set({ dueAt: nowMs + leaseMs })
    .where(eq(jobs.id, job.id))
  await db.batch([abortUnlessLeased(db, jobs, job), renewal])
}
