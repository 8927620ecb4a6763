/**
 * Slots enforce how many tasks may be at a provider at once. The limit is exact, because D1 runs one batch after the
 * other. A task acquires its slot before the billable call, and the batch that commits its end releases it.
 *
 * A job that finds no free slot waits, and does not try again by itself. After every batch here, as many of the jobs that
 * wait for a provider are due as it has free slots, the oldest first. The limits bound what that costs, however many
 * jobs wait; without limits it costs nothing.
 *
 * This is for one database. With several, the statements run apart from the commits of jobs (slots-apart.ts).
 */
import { and, eq, exists, gt, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { countsAgainstLimit, type Limits } from '../../core/job/concurrency.ts'
import type { DueJob } from '../../core/job/job.ts'
import { type ProviderName, providerNames } from '../../core/request/choices.ts'
import type { Database } from '../database.ts'
import type { ClaimedJob } from '../jobs/claim.ts'
import type { Job } from '../jobs/jobs.ts'
import type { Task } from '../jobs/tasks.ts'
import { abortUnlessLeased } from '../lease.ts'
import { jobs, slots, tasks, waits } from '../schema.ts'

export type Waiter = Pick<Job, 'id' | 'providers' | 'waitingSince'>

/** The changes of a commit that concern slots. */
export interface Change {
  next: 'settled' | 'now' | object
  tasks: readonly Task[]
  waitsFor: readonly ProviderName[]
}

/**
 * Acquires the slot of one task, unless all slots are taken or reserved for jobs that have waited longer. A job that
 * acquires a slot stops waiting everywhere.
 */
// Idempotent: a slot that is held stays held.
export async function acquireSlot(
  db: Database,
  job: ClaimedJob,
  { provider, n }: { provider: ProviderName; n: number },
  { limits, nowMs }: { limits: Limits; nowMs: number },
): Promise<{ isHeld: boolean; woken: DueJob[] }> {
  const limit = limits[provider]
  if (limit === undefined) return { isHeld: true, woken: [] }
  const held = selectSlot(db, { provider, jobId: job.id, n })
  const row = { provider: sql`${provider}`.as('provider'), jobId: jobs.id, n: sql`${n}`.as('n') }
  const take = db
    .insert(slots)
    .select(
      db
        .select(row)
        .from(jobs)
        .where(and(eq(jobs.id, job.id), isFree(provider, limit, job.id))),
    )
    .onConflictDoNothing()
  const [, , slot, ...rest] = await db.batch([
    abortUnlessLeased(db, jobs, job),
    take,
    held,
    ...(job.waitingSince === null
      ? []
      : [
          stopWaiting(db, job, exists(held)),
          ...wakeWaitingJobs(db, withLimit(job.providers, limits), limits, nowMs),
        ]),
  ])
  return { isHeld: slot.length === 1, woken: jobsIn(rest.slice(1)) }
}

export function selectSlot(db: Database, { provider, jobId, n }: typeof slots.$inferSelect) {
  return db
    .select({ n: slots.n })
    .from(slots)
    .where(and(eq(slots.provider, provider), eq(slots.jobId, jobId), eq(slots.n, n)))
}

/**
 * The statements by which a commit releases slots, and stops or starts waiting. Every commit that settles a job needs them.
 * `limits` is null if the slots are in another database than the job.
 */
export function changeSlots(db: Database, job: Waiter, step: Change, limits: Limits | null) {
  if (limits === null) return { changes: [], turned: [] }
  const isSettled = step.next === 'settled'
  const isLeaving = job.waitingSince !== null && step.waitsFor.length === 0
  const ended = step.tasks.filter((task) => !countsAgainstLimit(task))
  const everywhere = withLimit(job.providers, limits)
  return {
    changes: [
      ...(isSettled
        ? everywhere.map((provider) => releaseSlots(db, provider, job.id))
        : ended
            .filter(({ provider }) => limits[provider] !== undefined)
            .map(({ provider, n }) => releaseSlots(db, provider, job.id, n))),
      ...(isLeaving ? [stopWaiting(db, job)] : []),
      ...step.waitsFor.map((provider) => startWaiting(db, provider, job.id)),
    ],
    /** The providers where a waiting job may get a slot now. */
    turned: [
      ...new Set([
        ...(isSettled || isLeaving ? everywhere : withLimit(ended.map(nameOf), limits)),
        ...step.waitsFor,
      ]),
    ],
  }
}

/** Makes the oldest waiting jobs due, one for each free slot. Each statement returns the jobs that it woke. */
export function wakeWaitingJobs(
  db: Database,
  providers: ProviderName[],
  limits: Limits | null,
  nowMs: number,
) {
  return providers.map((provider) => wake(db, nextWaiters(provider, limits?.[provider]), nowMs))
}

/** Makes waiting jobs due. A job that a step holds does not change. */
export function wake(db: Database, ids: SQL, nowMs: number) {
  return db
    .update(jobs)
    .set({ dueAt: nowMs })
    .where(
      and(sql`${jobs.id} IN (${ids})`, isNull(jobs.settledAt), isNull(jobs.lease), gt(jobs.dueAt, nowMs)),
    )
    .returning({ id: jobs.id, status: jobs.status })
}

/** The oldest waiting jobs of the provider, one for each free slot. */
export function nextWaiters(provider: ProviderName, limit = maxWokenAtOnce): SQL {
  const taken = sql`SELECT count(*) FROM ${slots} WHERE ${slots.provider} = ${provider}`
  const free = sql`max(0, ${limit} - (${taken}))`
  return sql`SELECT ${waits.jobId} FROM ${waits} WHERE ${waits.provider} = ${provider} ORDER BY ${waits.jobId} LIMIT ${free}`
}

// How many waiting jobs one statement wakes after a limit was removed.
const maxWokenAtOnce = 1_000

/**
 * For the sweep: wakes the jobs that a changed limit gives a slot, and deletes the rows of jobs that are gone or that
 * ended under other limits.
 */
export async function cleanUpSlots(db: Database, limits: Limits, nowMs: number): Promise<void> {
  const isLimited = Object.values(limits).some((limit) => limit !== undefined)
  if (!isLimited && (await db.select().from(waits).limit(1)).length === 0) return
  const isOver = (jobId: SQL) =>
    sql`NOT EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${jobId} AND ${jobs.settledAt} IS NULL)`
  const hasEnded = sql`EXISTS (SELECT 1 FROM ${tasks} WHERE ${tasks.jobId} = ${slots.jobId} AND ${tasks.n} = ${slots.n} AND ${tasks.endedAt} IS NOT NULL)`
  const heads = providerNames.map((provider) => {
    const head = sql`SELECT ${waits.jobId} FROM ${waits} WHERE ${waits.provider} = ${provider} ORDER BY ${waits.jobId} LIMIT ${maxCleanedUp}`
    return db
      .delete(waits)
      .where(and(eq(waits.provider, provider), sql`${waits.jobId} IN (${head})`, isOver(sql`${waits.jobId}`)))
  })
  await db.batch([
    db.delete(slots).where(sql`${isOver(sql`${slots.jobId}`)} OR ${hasEnded}`),
    ...heads,
    ...wakeWaitingJobs(db, [...providerNames], limits, nowMs),
  ])
}

export const maxCleanedUp = 100

/** The jobs that the statements of `wakeWaitingJobs` returned. */
export function jobsIn(results: readonly unknown[]): DueJob[] {
  return results.flatMap((rows) =>
    Array.isArray(rows) ? rows.map(({ id, status }: DueJob) => ({ id, status })) : [],
  )
}

/** Whether a slot is left for this job after the jobs that have waited longer. */
export function isFree(provider: ProviderName, limit: number, jobId: string): SQL {
  const taken = sql`SELECT 1 FROM ${slots} WHERE ${slots.provider} = ${provider} LIMIT ${limit}`
  const older = sql`SELECT 1 FROM ${waits} WHERE ${waits.provider} = ${provider} AND ${waits.jobId} < ${jobId} LIMIT ${limit}`
  return lt(sql`(SELECT count(*) FROM (${taken})) + (SELECT count(*) FROM (${older}))`, limit)
}

/** One slot of a job, or all of its slots at the provider. */
function releaseSlots(db: Database, provider: ProviderName, jobId: string, n?: number) {
  const task = n === undefined ? undefined : eq(slots.n, n)
  return db.delete(slots).where(and(eq(slots.provider, provider), eq(slots.jobId, jobId), task))
}

export function startWaiting(db: Database, provider: ProviderName, jobId: string) {
  return db.insert(waits).values({ provider, jobId }).onConflictDoNothing()
}

export function stopWaiting(db: Database, { id, providers }: Waiter, onlyIf?: SQL) {
  return db.delete(waits).where(and(inArray(waits.provider, providers), eq(waits.jobId, id), onlyIf))
}

export function withLimit(providers: ProviderName[], limits: Limits): ProviderName[] {
  return [...new Set(providers)].filter((provider) => limits[provider] !== undefined)
}

function nameOf({ provider }: Task): ProviderName {
  return provider
}
