/**
 * Cancellation: the only commit that needs no lease. It takes the row from the step that holds it, if the job is still
 * as it was read, so that its last event is true. The step has lost its lease then, and commits nothing.
 */

import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Limits } from '../../core/job/concurrency.ts'
import type { DueJob } from '../../core/job/job.ts'
import { eraseAtOf } from '../../core/retention.ts'
import { abortUnless, isAborted } from '../abort-unless.ts'
import type { Database } from '../database.ts'
import type { DeliveryDraft } from '../deliveries/claim.ts'
import { insertEventsAndDeliveries } from '../deliveries/insert-events.ts'
import type { EventDraft } from '../events.ts'
import { jobs, outputs, tasks } from '../schema.ts'
import { changeSlots, jobsIn, wakeWaitingJobs } from '../slots/slots.ts'
import { countSettled } from './counters.ts'
import { type Job, readRow } from './jobs.ts'
import { type Output, readOutput, saveOutput, selectOutputs } from './outputs.ts'
import { readTask, saveTask, selectTasks, type Task } from './tasks.ts'

/** A job as it was read, without a lease. */
export interface SeenJob {
  job: Job
  tasks: Task[]
  outputs: Output[]
  /** Differs after every commit that changes what the last event shows. */
  state: string
}

export async function seeJob(db: Database, id: string): Promise<SeenJob | null> {
  const [[row], taskRows, outputRows, [seen]] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, id), isNull(jobs.erasedAt))),
    selectTasks(db, id),
    selectOutputs(db, id),
    db.select({ state: stateOf(id) }).from(sql`(SELECT 1)`),
  ])
  if (row === undefined || seen === undefined) return null
  return {
    job: readRow(row),
    tasks: taskRows.map(readTask),
    outputs: outputRows.map(readOutput),
    state: seen.state,
  }
}

/** The changed rows, the last event and its deliveries. */
export interface Ending {
  tasks: Task[]
  outputs: Output[]
  events: EventDraft[]
  deliveries: DeliveryDraft[]
}

/**
 * Returns the jobs that its released slots wake. Null: a step has committed since the job was read, and nothing was
 * written.
 */
// Idempotent: the second time the job is no longer as it was read.
export async function commitCancel(
  db: Database,
  { job, tasks, state }: SeenJob,
  ending: Ending,
  { limits, nowMs }: { limits: Limits | null; nowMs: number },
): Promise<DueJob[] | null> {
  const { changes, turned } = changeSlots(db, job, { next: 'settled', tasks: [], waitsFor: [] }, limits)
  const wakes = wakeWaitingJobs(db, turned, limits, nowMs)
  const after = tasks.map((task) => ending.tasks.find(({ n }) => n === task.n) ?? task)
  try {
    const results = await db.batch([
      abortUnless(db, 'job_changed', sql`${stateOf(job.id)} = ${state}`),
      db.update(jobs).set(canceledAt(job, nowMs)).where(eq(jobs.id, job.id)),
      ...ending.tasks.map((task) => saveTask(db, task)),
      ...ending.outputs.map((output) => saveOutput(db, output)),
      ...insertEventsAndDeliveries(db, job, ending, nowMs),
      ...changes,
      ...countSettled(db, { job: { ...job, status: 'canceled' }, tasks: after, webhooks: [] }, nowMs),
      // Last, because these statements read the slots that are released above.
      ...wakes,
    ])
    return jobsIn(results.slice(results.length - wakes.length))
  } catch (error) {
    if (isAborted(error, 'job_changed')) return null
    throw error
  }
}

function canceledAt({ request }: Job, nowMs: number) {
  const held = { dueAt: null, lease: null, leasedUntil: null, wokenAt: null, waitingSince: null }
  return { status: 'canceled' as const, settledAt: nowMs, eraseAt: eraseAtOf(request, nowMs), ...held }
}

/** Everything that the event of a cancellation shows or its commit overwrites: a step that changes any of it wins. */
function stateOf(id: string) {
  const parts = sql`
    SELECT ${jobs.status} || ${jobs.provider} || ifnull(${jobs.progress}, '-') || ifnull(${jobs.waitingSince}, '-') AS part FROM ${jobs} WHERE ${jobs.id} = ${id}
    UNION ALL SELECT ${tasks.n} || ${tasks.status} || ${tasks.attempts} FROM ${tasks} WHERE ${tasks.jobId} = ${id}
    UNION ALL SELECT ${outputs.n} || ${outputs.status} || ${outputs.attempts} FROM ${outputs} WHERE ${outputs.jobId} = ${id}`
  return sql<string>`(SELECT group_concat(part) FROM (${parts}))`
}
