/** One step's commit: its changes, events, deliveries and the next due time, in one batch. */
import { eq, getTableColumns, sql } from 'drizzle-orm'
import type { DueExport } from '../../core/export.ts'
import { writeFault } from '../../core/fault.ts'
import type { Limits } from '../../core/job/concurrency.ts'
import { canReach, type DueJob, type UnsettledStatus } from '../../core/job/job.ts'
import { opensLateCheck } from '../../core/job/late.ts'
import { maySubmit, type Repeats } from '../../core/job/task.ts'
import { leaseMs } from '../../core/schedule/jobs.ts'
import { noteSubmissions } from '../choice/refusals.ts'
import type { Database } from '../database.ts'
import { claimedIn } from '../deliveries/claim.ts'
import { insertEventsAndDeliveries } from '../deliveries/insert-events.ts'
import { insertExports } from '../exports/exports.ts'
import { openLateCheck } from '../late/late-checks.ts'
import { abortUnlessAsClaimed, abortUnlessLeased } from '../lease.ts'
import { placesIn, preparedByNames, value } from '../prepared.ts'
import { jobs } from '../schema.ts'
import { changeSlots, jobsIn, wakeWaitingJobs } from '../slots/slots.ts'
import { type Claim, type ClaimedJob, needsRenewal } from './claim.ts'
import { countSettled } from './counters.ts'
import { insertOutputHost } from './output-hosts.ts'
import { type Output, saveOutput } from './outputs.ts'
import { applyChanges, claimAfter, jobAfter, type Step } from './step.ts'
import { saveTask, type Task } from './tasks.ts'

/**
 * The row after the commit: held for the next step, due again later, or settled. `woken`: jobs that got a slot. `fresh`:
 * deliveries that were inserted under their first lease. `exports`: those that were inserted.
 */
export type Committed = { woken: DueJob[]; fresh: Fresh | null; exports: DueExport[] } & (
  | { state: 'held'; claim: Claim }
  | { state: 'released'; status: UnsettledStatus; dueAt: number }
  | { state: 'settled' }
)

/** The deliveries that the caller attempts at once. */
export interface Fresh {
  ids: string[]
  leasedUntil: number
}

// Idempotent: a second run either finds the lease lost, and the whole batch aborts, or it writes the same rows.
export async function commitStep(
  db: Database,
  claim: Claim,
  step: Step,
  { limits, isExporting = false, nowMs }: { limits: Limits | null; isExporting?: boolean; nowMs: number },
): Promise<Committed> {
  const { job } = claim
  const { status, next } = step
  if (status !== job.status && !canReach(job.status, status)) {
    throw new Error(`a ${job.status} job cannot become ${status}`)
  }
  const after = jobAfter(job, step)
  const waitingSince = step.waitsFor.length === 0 ? null : (job.waitingSince ?? nowMs)
  const owned = ownership(job, next, nowMs)
  // D1 bills every row that is written, even unchanged, those of the indexes of all columns that are set included.
  const isListedElsewhere = status !== job.status || after.provider !== job.provider
  const update = updateJob(db, {
    jobId: job.id,
    ...(isListedElsewhere && { status, provider: after.provider }),
    progress: after.progress,
    ...(next === 'settled' && {
      fault: writeFault(after.fault),
      settledAt: after.settledAt,
      eraseAt: after.eraseAt,
    }),
    waitingSince,
    ...owned,
  })
  const isUnchanged =
    Object.keys(owned).length === 0 &&
    !isListedElsewhere &&
    after.progress === job.progress &&
    waitingSince === job.waitingSince
  const { changes, turned } = changeSlots(db, job, step, limits)
  const exports = isExporting ? storedBy(claim, step) : []
  const wakes = wakeWaitingJobs(db, turned, limits, nowMs)
  const ended = next === 'settled' ? { ...applyChanges(claim, step), job: after } : null
  const opensLate = ended !== null && opensLateCheck(after, ended.tasks)
  const [, ...results] = await db.batch([
    // A repeated commit that keeps the lease finds its own status.
    next === 'now' ? abortUnlessLeased(db, jobs, job) : abortUnlessAsClaimed(db, job),
    ...(isUnchanged ? [] : [update]),
    ...step.tasks.map((task) =>
      saveTask(
        db,
        task,
        claim.tasks.find(({ n }) => n === task.n),
      ),
    ),
    ...step.outputs.map((output) => saveOutput(db, output)),
    ...insertExports(db, exports, nowMs),
    ...step.hosts.map((host) => insertOutputHost(db, host)),
    ...insertEventsAndDeliveries(db, job, step, nowMs),
    ...noteSubmissions(db, { id: job.id, model: job.request.model }, step.submissions, nowMs),
    ...changes,
    ...(ended === null ? [] : countSettled(db, ended, nowMs)),
    ...(opensLate && after.settledAt !== null ? [openLateCheck(db, job.id, after.settledAt)] : []),
    // Last, so that a woken job finds all of this done.
    ...wakes,
  ])
  const woken = jobsIn(results.slice(results.length - wakes.length))
  const fresh = { ids: claimedIn(results), leasedUntil: nowMs + leaseMs }
  if (next === 'settled') return { woken, fresh, exports, state: 'settled' }
  if (step.next === 'now') {
    const held = claimAfter(claim, step)
    const leasedUntil = owned.leasedUntil ?? job.leasedUntil
    return {
      woken,
      fresh,
      exports,
      state: 'held',
      claim: { ...held, job: { ...held.job, waitingSince, leasedUntil } },
    }
  }
  const [released] = results
  const [row] = Array.isArray(released) ? released : []
  const dueAt = row !== undefined && 'dueAt' in row ? row.dueAt : null
  if (dueAt === null) throw new Error(`the row of ${job.id} was not released`)
  return { woken, fresh, exports, state: 'released', status: step.status, dueAt }
}

/** The outputs that this step has stored. */
export function storedBy(claim: Pick<Claim, 'outputs'>, step: Pick<Step, 'outputs'>): DueExport[] {
  const isStored = ({ status }: Output) => status === 'stored'
  const before = new Set(claim.outputs.filter(isStored).map(({ n }) => n))
  return step.outputs
    .filter((output) => isStored(output) && !before.has(output.n))
    .map(({ jobId, n }) => ({ jobId, n }))
}

/**
 * Writes the task before the billable call, under a lease that outlasts the call. Every billable call passes here, so this
 * is where a job is stopped from buying more than its request, whatever mistake led to the call.
 */
export async function intendTask(
  db: Database,
  { job, tasks }: Claim,
  { task, repeats }: { task: Task; repeats: Repeats },
  nowMs: number,
): Promise<void> {
  if (!maySubmit(job.request, tasks, task, repeats)) {
    throw new Error(`task ${task.n} of ${job.id} would buy more than the job requests`)
  }
  const held = ownership(job, 'now', nowMs)
  const renewal = 'leasedUntil' in held ? [db.update(jobs).set(held).where(eq(jobs.id, job.id))] : []
  await db.batch([abortUnlessLeased(db, jobs, job), saveTask(db, task), ...renewal])
}

/** Releases the row for that long: for a step that failed and changed nothing. Returns when it is due. */
export async function releaseLease(
  db: Database,
  job: ClaimedJob,
  waitMs: number,
  nowMs: number,
): Promise<number> {
  const release = { jobId: job.id, ...ownership(job, { waitMs }, nowMs) }
  const [, [released]] = await db.batch([abortUnlessLeased(db, jobs, job), updateJob(db, release)])
  return released?.dueAt ?? nowMs + waitMs
}

/** Only the columns that are named are set: D1 bills the indexes of each. */
const updateJob = preparedByNames((db, names) =>
  db
    .update(jobs)
    // A webhook during the step makes the job due at once.
    .set({ ...placesIn(getTableColumns(jobs), names), ...(names.includes('now') && { dueAt: dueAfterStep }) })
    .where(eq(jobs.id, value('jobId')))
    .returning({ dueAt: jobs.dueAt }),
)

const dueAfterStep = sql`CASE WHEN ${jobs.wokenAt} IS NULL THEN ${value('dueAt')} ELSE ${value('now')} END`

function ownership(job: ClaimedJob, next: Step['next'], nowMs: number) {
  if (next === 'settled') return { lease: null, leasedUntil: null, dueAt: null, wokenAt: null }
  // A young lease is not renewed: that may write a row for nothing else.
  if (next === 'now') return needsRenewal(job, nowMs) ? { leasedUntil: nowMs + leaseMs } : {}
  return { lease: null, leasedUntil: null, dueAt: nowMs + next.waitMs, now: nowMs }
}
