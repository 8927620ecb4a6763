/**
 * Slots when jobs are in several databases. The slots and the waiting jobs of all of them are in the control database, so
 * the limit stays exact. The calls are apart from the commits of jobs, and only made for a provider with a limit:
 * - A step acquires its slot without a check of its lease: a slot is keyed by job and task, so a step that has lost its
 *   lease takes none from another step of its job, and `intendTask` stops it before the billable call.
 * - A slot is released after the commit that ends its task, and a wait is noted before the commit of the job that waits.
 *   After a crash in between the sweep compares the rows with the jobs in their databases.
 */
import { and, eq, exists, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { Limits } from '../../core/job/concurrency.ts'
import type { DueJob } from '../../core/job/job.ts'
import { type ProviderName, providerNames } from '../../core/request/choices.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { jobs, slots, tasks, waits } from '../schema.ts'
import type { Databases } from '../shards.ts'
import {
  type Change,
  changeSlots,
  isFree,
  jobsIn,
  maxCleanedUp,
  nextWaiters,
  selectSlot,
  startWaiting,
  stopWaiting,
  type Waiter,
  wake,
  withLimit,
} from './slots.ts'

type Control = Pick<Databases, 'db' | 'dbOf' | 'databases'>

interface Moment {
  limits: Limits
  nowMs: number
}

// Idempotent: a slot that is held stays held.
export async function acquireSlotApart(
  databases: Control,
  job: Waiter,
  { provider, n }: { provider: ProviderName; n: number },
  { limits, nowMs }: Moment,
): Promise<{ isHeld: boolean; woken: DueJob[] }> {
  const { db } = databases
  const limit = limits[provider]
  if (limit === undefined) return { isHeld: true, woken: [] }
  const held = selectSlot(db, { provider, jobId: job.id, n })
  const take = db
    .insert(slots)
    .select(sql`SELECT ${provider}, ${job.id}, ${n} WHERE ${isFree(provider, limit, job.id)}`)
    .onConflictDoNothing()
  const [, slot, , ...next] = await db.batch([
    take,
    held,
    // Also of a job that was not known to wait: the commit that would have said so may have been lost.
    stopWaiting(db, job, exists(held)),
    ...selectWaiters(db, job.waitingSince === null ? [] : withLimit(job.providers, limits), limits),
  ])
  return { isHeld: slot.length === 1, woken: await wakeJobs(databases, idsIn(next), nowMs) }
}

/** Before the commit by which a job begins to wait. */
export async function noteWaits({ db }: Control, job: Waiter, { waitsFor }: Change): Promise<void> {
  const [first, ...rest] = waitsFor.map((provider) => startWaiting(db, provider, job.id))
  if (first !== undefined) await db.batch([first, ...rest])
}

/** After a commit: releases slots, and wakes the jobs that may have them now. */
// Running this twice is harmless: the second time there is nothing to release.
export async function changeSlotsApart(
  databases: Control,
  job: Waiter,
  step: Change,
  { limits, nowMs }: Moment,
): Promise<DueJob[]> {
  const { db } = databases
  const { changes, turned } = changeSlots(db, job, step, limits)
  const waiters = selectWaiters(db, turned, limits)
  const [first, ...rest] = [...changes, ...waiters]
  if (first === undefined) return []
  const results = await db.batch([first, ...rest])
  return wakeJobs(databases, idsIn(results.slice(changes.length)), nowMs)
}

/** For the sweep, as `cleanUpSlots`. */
export async function cleanUpSlotsApart(databases: Control, { limits, nowMs }: Moment): Promise<void> {
  const { db } = databases
  const isLimited = Object.values(limits).some((limit) => limit !== undefined)
  if (!isLimited && (await db.select().from(waits).limit(1)).length === 0) return
  const [taken, ...heads] = await db.batch([
    db.select().from(slots),
    ...providerNames.map((provider) =>
      db.select().from(waits).where(eq(waits.provider, provider)).orderBy(waits.jobId).limit(maxCleanedUp),
    ),
  ])
  const waiting = heads.flat()
  const { seen, unsettled, ended } = await stateOf(
    databases,
    [...taken, ...waiting].map(({ jobId }) => jobId),
  )
  const isOver = (jobId: string) => seen.has(jobId) && !unsettled.has(jobId)
  const unused = taken.filter(({ jobId, n }) => isOver(jobId) || ended.has(`${jobId} ${n}`))
  const over = waiting.filter(({ jobId }) => isOver(jobId))
  const results = await db.batch([
    db.select({ jobId: waits.jobId }).from(waits).limit(0),
    ...unused.map(({ provider, jobId, n }) =>
      db.delete(slots).where(and(eq(slots.provider, provider), eq(slots.jobId, jobId), eq(slots.n, n))),
    ),
    ...over.map(({ provider, jobId }) =>
      db.delete(waits).where(and(eq(waits.provider, provider), eq(waits.jobId, jobId))),
    ),
    ...selectWaiters(db, [...providerNames], limits),
  ])
  await wakeJobs(databases, idsIn(results.slice(1 + unused.length + over.length)), nowMs)
}

/** Which of these jobs have not ended, and which of their tasks have: `<job> <n>`. `seen`: those whose database responded. */
async function stateOf({ dbOf }: Control, jobIds: string[]) {
  const seen = new Set<string>()
  const unsettled = new Set<string>()
  const ended = new Set<string>()
  await Promise.allSettled(
    [...Map.groupBy(new Set(jobIds), dbOf)].map(async ([db, ids]) => {
      const [openJobs, endedTasks] = await db.batch([
        db
          .select({ id: jobs.id })
          .from(jobs)
          .where(and(among(jobs.id, ids), isNull(jobs.settledAt))),
        db
          .select({ jobId: tasks.jobId, n: tasks.n })
          .from(tasks)
          .where(and(among(tasks.jobId, ids), isNotNull(tasks.endedAt))),
      ])
      for (const id of ids) seen.add(id)
      for (const { id } of openJobs) unsettled.add(id)
      for (const { jobId, n } of endedTasks) ended.add(`${jobId} ${n}`)
    }),
  )
  return { seen, unsettled, ended }
}

function selectWaiters(db: Database, providers: ProviderName[], limits: Limits) {
  return providers.map((provider) =>
    db
      .select({ jobId: waits.jobId })
      .from(waits)
      .where(
        and(
          eq(waits.provider, provider),
          sql`${waits.jobId} IN (${nextWaiters(provider, limits[provider])})`,
        ),
      ),
  )
}

async function wakeJobs({ dbOf }: Control, ids: ReadonlySet<string>, nowMs: number): Promise<DueJob[]> {
  const woken = await Promise.allSettled(
    [...Map.groupBy(ids, dbOf)].map(([db, some]) => wake(db, listOf(some), nowMs)),
  )
  // The jobs of a database that is in trouble are woken by a later change of the slots, or by the sweep.
  return jobsIn(woken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
}

function listOf(ids: string[]): SQL {
  return sql`SELECT value FROM json_each(${JSON.stringify(ids)})`
}

function idsIn(results: readonly unknown[]): Set<string> {
  return new Set(
    results.flatMap((rows) => (Array.isArray(rows) ? rows.map(({ jobId }: { jobId: string }) => jobId) : [])),
  )
}
