/**
 * Cancellation: the one commit that waits for no lease. It takes the row from whatever step holds it, if the job still
 * is as it was seen, so that what its caller is told is true; the step then holds nothing, and commits nothing.
 */
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Limits } from '../../core/concurrency.ts'
import type { Subscription } from '../../core/event.ts'
import { eraseAtOf } from '../../core/retention.ts'
import { abortUnless, isAborted } from '../abort-unless.ts'
import type { Database } from '../database.ts'
import { type DeliveryDraft, insertDelivery } from '../deliveries/claim.ts'
import { readSubscription, selectSubscriptions } from '../deliveries/endpoints.ts'
import { type EventDraft, insertEvent } from '../events.ts'
import { jobs, outputs, tasks } from '../schema.ts'
import { type Job, readRow } from './jobs.ts'
import { type Output, readOutput, saveOutput, selectOutputs } from './outputs.ts'
import { changeSlots, idsIn, wakeWaitingJobs } from './slots.ts'
import { readTask, saveTask, selectTasks, type Task } from './tasks.ts'

/** A job as it stood when somebody looked, without a hold on it. */
export interface SeenJob {
  job: Job
  tasks: Task[]
  outputs: Output[]
  /** Who is told of its end beside its own caller. */
  subscriptions: Subscription[]
  /** Changes with every commit that changes what is known of the job. */
  state: string
}

export async function seeJob(db: Database, id: string): Promise<SeenJob | null> {
  const [[row], taskRows, outputRows, subscriptions, [seen]] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, id), isNull(jobs.erasedAt))),
    selectTasks(db, id),
    selectOutputs(db, id),
    selectSubscriptions(db),
    db.select({ state: stateOf(id) }).from(sql`(SELECT 1)`),
  ])
  if (row === undefined || seen === undefined) return null
  return {
    job: readRow(row),
    tasks: taskRows.map(readTask),
    outputs: outputRows.map(readOutput),
    subscriptions: subscriptions.map(readSubscription),
    state: seen.state,
  }
}

/** The rows as the cancellation leaves them, and what is told of it. */
export interface Ending {
  tasks: Task[]
  outputs: Output[]
  events: EventDraft[]
  deliveries: DeliveryDraft[]
}

/** The jobs that its slots have woken. Null: a step has committed since the job was seen, and nothing was written. */
// Running this twice is harmless: the second time the job is no longer as it was seen.
export async function commitCancel(
  db: Database,
  { job, state }: SeenJob,
  ending: Ending,
  limits: Limits,
  nowMs: number,
): Promise<string[] | null> {
  const { changes, turned } = changeSlots(db, job, { next: 'settled', tasks: [], waitsFor: [] }, limits)
  const wakes = wakeWaitingJobs(db, turned, limits, nowMs)
  try {
    const results = await db.batch([
      abortUnless(db, 'job_changed', sql`${stateOf(job.id)} = ${state}`),
      db.update(jobs).set(canceledAt(job, nowMs)).where(eq(jobs.id, job.id)),
      ...ending.tasks.map((task) => saveTask(db, task)),
      ...ending.outputs.map((output) => saveOutput(db, output)),
      ...ending.events.map((event) => insertEvent(db, job.id, event)),
      ...ending.deliveries.map((delivery) => insertDelivery(db, job.id, delivery, nowMs)),
      ...changes,
      // Last, because whoever wakes finds all of this done.
      ...wakes,
    ])
    return idsIn(results.slice(results.length - wakes.length))
  } catch (error) {
    if (isAborted(error, 'job_changed')) return null
    throw error
  }
}

function canceledAt({ request }: Job, nowMs: number) {
  const held = { dueAt: null, lease: null, wokenAt: null, waitingSince: null }
  return { status: 'canceled' as const, settledAt: nowMs, eraseAt: eraseAtOf(request, nowMs), ...held }
}

/** What the event of a cancellation shows, or its commit overwrites: a step that changes any of it wins. */
function stateOf(id: string) {
  const parts = sql`
    SELECT ${jobs.status} || ${jobs.provider} || ifnull(${jobs.progress}, '-') || ifnull(${jobs.waitingSince}, '-') AS part FROM ${jobs} WHERE ${jobs.id} = ${id}
    UNION ALL SELECT ${tasks.n} || ${tasks.status} || ${tasks.attempts} FROM ${tasks} WHERE ${tasks.jobId} = ${id}
    UNION ALL SELECT ${outputs.n} || ${outputs.status} || ${outputs.attempts} FROM ${outputs} WHERE ${outputs.jobId} = ${id}`
  return sql<string>`(SELECT group_concat(part) FROM (${parts}))`
}
