/**
 * Slots: how many tasks may be at a provider at once, kept exactly, because D1 runs one batch after the other. A task
 * takes its slot before the call that costs money, and the batch that commits its end gives it back.
 *
 * A job that finds none free waits, and does not ask again. One rule holds after every batch here: of the jobs that
 * wait at a provider, as many as it has free slots are due, the oldest first. What that costs is bounded by the
 * limits, however many wait; and without limits none of it is done.
 */
import { and, eq, exists, gt, inArray, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { countsAgainstLimit, type Limits } from '../../core/concurrency.ts'
import { type ProviderName, providerNames } from '../../core/request/request.ts'
import type { Database } from '../database.ts'
import { abortUnlessLeased } from '../lease.ts'
import { jobs, slots, tasks, waits } from '../schema.ts'
import type { ClaimedJob } from './claim.ts'
import type { Job } from './jobs.ts'
import type { Task } from './tasks.ts'

type Waiter = Pick<Job, 'id' | 'providers' | 'waitingSince'>

/** What a commit does with its job, as far as slots go. */
interface Change {
  next: 'settled' | 'now' | object
  tasks: readonly Task[]
  waitsFor: readonly ProviderName[]
}

/**
 * Takes the slot of one task, unless as many are taken as there are, or are due to jobs that have waited for longer.
 * Nobody waits with a slot in hand: a job that gets one waits nowhere else.
 */
// Running this twice is harmless: a slot that is held already stays held.
export async function acquireSlot(
  db: Database,
  job: ClaimedJob,
  { provider, n }: { provider: ProviderName; n: number },
  limits: Limits,
  nowMs: number,
): Promise<{ isHeld: boolean; woken: string[] }> {
  const limit = limits[provider]
  if (limit === undefined) return { isHeld: true, woken: [] }
  const own = db
    .select({ n: slots.n })
    .from(slots)
    .where(and(eq(slots.provider, provider), eq(slots.jobId, job.id), eq(slots.n, n)))
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
  const [, , held, ...rest] = await db.batch([
    abortUnlessLeased(db, jobs, job),
    take,
    own,
    ...(job.waitingSince === null
      ? []
      : [leave(db, job, exists(own)), ...wakeWaitingJobs(db, limited(job.providers, limits), limits, nowMs)]),
  ])
  return { isHeld: held.length === 1, woken: idsIn(rest.slice(1)) }
}

/** The statements by which a commit gives slots back, and stops or begins to wait. Whoever settles a job needs them. */
export function changeSlots(db: Database, job: Waiter, step: Change, limits: Limits) {
  const isSettled = step.next === 'settled'
  const isLeaving = job.waitingSince !== null && step.waitsFor.length === 0
  const ended = step.tasks.filter((task) => !countsAgainstLimit(task))
  const everywhere = limited(job.providers, limits)
  return {
    changes: [
      ...(isSettled
        ? everywhere.map((provider) => giveBack(db, provider, job.id))
        : ended
            .filter(({ provider }) => limits[provider] !== undefined)
            .map(({ provider, n }) => giveBack(db, provider, job.id, n))),
      ...(isLeaving ? [leave(db, job)] : []),
      ...step.waitsFor.map((provider) => stand(db, provider, job.id)),
    ],
    /** The providers at which somebody's turn may have come. */
    turned: [
      ...new Set([
        ...(isSettled || isLeaving ? everywhere : limited(ended.map(nameOf), limits)),
        ...step.waitsFor,
      ]),
    ],
  }
}

/** Makes the oldest of those that wait due, one for each free slot. Each statement gives back whom it woke. */
export function wakeWaitingJobs(db: Database, providers: ProviderName[], limits: Limits, nowMs: number) {
  return providers.map((provider) => {
    const limit = limits[provider] ?? mostWokenAtOnce
    const taken = sql`SELECT count(*) FROM ${slots} WHERE ${slots.provider} = ${provider}`
    const free = sql`max(0, ${limit} - (${taken}))`
    const next = sql`SELECT ${waits.jobId} FROM ${waits} WHERE ${waits.provider} = ${provider} ORDER BY ${waits.jobId} LIMIT ${free}`
    return db
      .update(jobs)
      .set({ dueAt: nowMs })
      .where(
        and(sql`${jobs.id} IN (${next})`, isNull(jobs.settledAt), isNull(jobs.lease), gt(jobs.dueAt, nowMs)),
      )
      .returning({ id: jobs.id })
  })
}

// Of those who still wait when a limit was taken away.
const mostWokenAtOnce = 1_000

/**
 * For the sweep: wakes whom a changed limit gave a slot, and takes from the lists what a job left there that ended
 * under other limits, or that is gone.
 */
export async function cleanUpSlots(db: Database, limits: Limits, nowMs: number): Promise<void> {
  const isLimited = Object.values(limits).some((limit) => limit !== undefined)
  if (!isLimited && (await db.select().from(waits).limit(1)).length === 0) return
  const isOver = (jobId: SQL) =>
    sql`NOT EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.id} = ${jobId} AND ${jobs.settledAt} IS NULL)`
  const hasEnded = sql`EXISTS (SELECT 1 FROM ${tasks} WHERE ${tasks.jobId} = ${slots.jobId} AND ${tasks.n} = ${slots.n} AND ${tasks.endedAt} IS NOT NULL)`
  const heads = providerNames.map((provider) => {
    const head = sql`SELECT ${waits.jobId} FROM ${waits} WHERE ${waits.provider} = ${provider} ORDER BY ${waits.jobId} LIMIT ${mostTidied}`
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

const mostTidied = 100

/** The ids that statements of `wake` gave back. */
export function idsIn(results: readonly unknown[]): string[] {
  return results.flatMap((rows) => (Array.isArray(rows) ? rows.map(({ id }: { id: string }) => id) : []))
}

/** Whether a slot is left for this job when those are served that have waited for longer. */
function isFree(provider: ProviderName, limit: number, jobId: string): SQL {
  const taken = sql`SELECT 1 FROM ${slots} WHERE ${slots.provider} = ${provider} LIMIT ${limit}`
  const older = sql`SELECT 1 FROM ${waits} WHERE ${waits.provider} = ${provider} AND ${waits.jobId} < ${jobId} LIMIT ${limit}`
  return lt(sql`(SELECT count(*) FROM (${taken})) + (SELECT count(*) FROM (${older}))`, limit)
}

/** One slot of a job, or all that it has at the provider. */
function giveBack(db: Database, provider: ProviderName, jobId: string, n?: number) {
  const line = n === undefined ? undefined : eq(slots.n, n)
  return db.delete(slots).where(and(eq(slots.provider, provider), eq(slots.jobId, jobId), line))
}

function stand(db: Database, provider: ProviderName, jobId: string) {
  return db.insert(waits).values({ provider, jobId }).onConflictDoNothing()
}

function leave(db: Database, { id, providers }: Waiter, onlyIf?: SQL) {
  return db.delete(waits).where(and(inArray(waits.provider, providers), eq(waits.jobId, id), onlyIf))
}

function limited(providers: ProviderName[], limits: Limits): ProviderName[] {
  return [...new Set(providers)].filter((provider) => limits[provider] !== undefined)
}

function nameOf({ provider }: Task): ProviderName {
  return provider
}
