/** A claim: one step's hold on a job, and all that is known of the job, in one round trip. */
import { and, eq, exists, lte } from 'drizzle-orm'
import type { Subscription } from '../../core/event.ts'
import { leaseMs } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { readSubscription, selectSubscriptions } from '../deliveries/endpoints.ts'
import { abortUnlessLeased } from '../lease.ts'
import { jobs } from '../schema.ts'
import { type Job, readRow } from './jobs.ts'
import { type Output, readOutput, selectOutputs } from './outputs.ts'
import { readTask, selectTasks, type Task } from './tasks.ts'
import { type JournaledWebhook, selectWebhooks } from './webhooks.ts'

export interface Claim {
  job: ClaimedJob
  tasks: Task[]
  outputs: Output[]
  /** The newest of what providers had posted by the time of the claim, oldest first. */
  webhooks: JournaledWebhook[]
  /** Who is told of the job's events beside its own caller. One that subscribes during a step misses its events. */
  subscriptions: Subscription[]
}

/** A job under a lease: only through it may a step commit. */
export interface ClaimedJob extends Job {
  lease: string
  /** When the lease ends. */
  dueAt: number
  /** Its last holder never let it go: that step crashed, or was too slow. */
  isTakenOver: boolean
  /** When it was due, or the lease of its last holder ended, before this claim. */
  wasDueAt: number
}

/**
 * Takes the row for one step, if it is owed work now. While leased, `due_at` is the lease's end, so a crashed
 * step's row becomes due by itself.
 */
// Running this twice is harmless: the second claim finds the row not due and changes nothing.
export async function claimJob(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<Claim | null> {
  const dueAt = nowMs + leaseMs
  const take = db
    .update(jobs)
    .set({ lease, dueAt, wokenAt: null })
    .where(and(eq(jobs.id, id), lte(jobs.dueAt, nowMs)))
    .returning()
  const ours = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, id), eq(jobs.lease, lease)))
  const [[before], [row], tasks, outputs, webhooks, subscriptions] = await db.batch([
    db.select({ lease: jobs.lease, dueAt: jobs.dueAt }).from(jobs).where(eq(jobs.id, id)),
    take,
    selectTasks(db, id),
    selectOutputs(db, id),
    // The take before it wrote the lease: a claim that did not get the row reads no bodies.
    selectWebhooks(db, id, exists(ours)),
    selectSubscriptions(db),
  ])
  if (row === undefined) return null
  return {
    job: {
      ...{ ...readRow(row), lease, dueAt },
      isTakenOver: typeof before?.lease === 'string',
      wasDueAt: before?.dueAt ?? nowMs,
    },
    tasks: tasks.map(readTask),
    outputs: outputs.map(readOutput),
    webhooks: webhooks.reverse(),
    subscriptions: subscriptions.map(readSubscription),
  }
}

/** Keeps a long step's row its own. Throws when the lease was lost. */
export async function renewLease(db: Database, job: ClaimedJob, nowMs: number): Promise<void> {
  const renewal = db
    .update(jobs)
    .set({ dueAt: nowMs + leaseMs })
    .where(eq(jobs.id, job.id))
  await db.batch([abortUnlessLeased(db, jobs, job), renewal])
}
