/** A claim: one step's lease on a job, and all rows of the job, in one round trip. */
import { and, eq, exists, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { isSettled, type UnsettledStatus } from '../../core/job/job.ts'
import type { HighWaterMark } from '../../core/restoration.ts'
import { leaseMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { abortUnlessLeased } from '../lease.ts'
import { prepared, value } from '../prepared.ts'
import { jobs, type outputs, type tasks } from '../schema.ts'
import { markColumn, readMark } from '../upkeep/high-water-mark.ts'
import { claimableAt, readRow, type UnsettledJob } from './jobs.ts'
import { type Output, readOutput, selectOutputs } from './outputs.ts'
import { readTask, selectTasks, type Task } from './tasks.ts'
import {
  afterLate,
  isWakeUp,
  type JournaledWebhook,
  journal,
  type ReceivedWebhook,
  type RecordResult,
  recordResult,
  selectWebhooks,
} from './webhooks.ts'

export interface Claim {
  job: ClaimedJob
  tasks: Task[]
  outputs: Output[]
  /** The newest webhooks that were journaled before the claim or with it, oldest first. */
  webhooks: JournaledWebhook[]
  /** The high-water mark of the job's database. Null: it has none yet. */
  mark: HighWaterMark | null
}

/** A job under a lease: only its holder may commit. A settled job is never claimed. */
export type ClaimedJob = UnsettledJob & {
  lease: string
  leasedUntil: number
  /** The last holder never released it: that step crashed, or was too slow. */
  isTakenOver: boolean
  /** When it was due, or the lease of its last holder ended, before this claim. */
  wasDueAt: number
}

/**
 * Claims the row for one step, if it is due. It stays due while it is leased, so the row of a crashed step is found once its
 * lease has ended.
 */
// Idempotent: a second claim finds the row leased and changes nothing. With the same lease it reads its own claim.
export async function claimJob(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<Claim | null> {
  const { claim } = await claimBy(takeIfDue, db, { id, lease }, nowMs)
  return claim
}

/** The same for a queued job. One that is due with another status is not claimed, and its status is returned. */
export async function claimQueuedJob(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<Claim | UnsettledStatus | null> {
  const { claim, before } = await claimBy(takeIfQueued, db, { id, lease }, nowMs)
  if (claim !== null || before === undefined || before.claimableAt === null) return claim
  const { status, claimableAt: at } = before
  return status === 'queued' || isSettled(status) || at > nowMs ? null : status
}

/**
 * Journals a webhook and claims its job, in one batch. The job is claimed if the webhook is new and stored, even before it
 * is due, or else if it is due. If a step holds the job, the webhook makes it due at that step's end.
 */
// Idempotent, as its two parts are.
export async function claimWithWebhook(
  db: Database,
  webhook: ReceivedWebhook,
  lease: string,
  nowMs: number,
): Promise<{ result: RecordResult; claim: Claim | null }> {
  const id = webhook.jobId
  const { values, statements } = journal(db, webhook, nowMs, lease)
  const [rowsBefore, , [seen], , , late, written, ...rows] = await db.batch([
    selectBefore(db, { id }),
    // The claim comes first, because the webhook is new only until it is inserted.
    takeForWebhook(db, { ...values, id, until: nowMs + leaseMs }),
    ...statements,
    ...selectClaimed(db, { id, lease }),
  ])
  const result = await afterLate(db, webhook, { result: recordResult(seen, written), late }, nowMs)
  return { result, claim: readClaim(rowsBefore[0], rows, lease, nowMs) }
}

async function claimBy(
  take: typeof takeIfDue,
  db: Database,
  { id, lease }: { id: string; lease: string },
  nowMs: number,
) {
  const [[before], , ...rows] = await db.batch([
    selectBefore(db, { id }),
    take(db, { id, lease, now: nowMs, until: nowMs + leaseMs }),
    ...selectClaimed(db, { id, lease }),
  ])
  return { before, claim: readClaim(before, rows, lease, nowMs) }
}

/** Writes the lease, which no index has. */
function takeLeaseIf(isDue: SQL | undefined) {
  // A job that is claimed early, for a webhook, is due from now on: the sweep finds it if the step crashes.
  const dueAt = sql`min(${jobs.dueAt}, ${value('now')})`
  return prepared((db) =>
    db
      .update(jobs)
      .set({ dueAt, lease: value('lease'), leasedUntil: value('until'), wokenAt: null })
      .where(and(eq(jobs.id, value('id')), isNull(jobs.settledAt), isDue)),
  )
}

const isClaimable = lte(claimableAt, value('now'))
const takeIfDue = takeLeaseIf(isClaimable)
const takeIfQueued = takeLeaseIf(and(isClaimable, eq(jobs.status, 'queued')))
const dueForWebhook = sql`coalesce(${jobs.leasedUntil}, CASE WHEN ${isWakeUp} THEN ${value('now')} ELSE ${jobs.dueAt} END)`
const takeForWebhook = takeLeaseIf(lte(dueForWebhook, value('now')))

const selectBefore = prepared((db) =>
  db
    .select({
      lease: jobs.lease,
      status: jobs.status,
      claimableAt: claimableAt.as('claimable_at'),
      mark: markColumn.as('mark'),
    })
    .from(jobs)
    .where(eq(jobs.id, value('id'))),
)

/** The rows of the job. Only the claim that has written its lease reads the job and its webhooks. */
function selectClaimed(db: Database, { id, lease }: { id: string; lease: string }) {
  return [
    selectHeld(db, { id, lease }),
    selectTasks(db, id),
    selectOutputs(db, id),
    selectHeldWebhooks(db, { id, lease }),
  ] as const
}

const isHeld = and(eq(jobs.id, value('id')), eq(jobs.lease, value('lease')))
const selectHeld = prepared((db) => db.select().from(jobs).where(isHeld))
const selectHeldWebhooks = prepared((db) =>
  selectWebhooks(db, value('id'), exists(db.select({ id: jobs.id }).from(jobs).where(isHeld))),
)

type RowsOf<Table extends { $inferSelect: unknown }> = Table['$inferSelect'][]
type ClaimedRows = [RowsOf<typeof jobs>, RowsOf<typeof tasks>, RowsOf<typeof outputs>, JournaledWebhook[]]

function readClaim(
  before: { lease: string | null; claimableAt: number | null; mark: string | null } | undefined,
  [[row], taskRows, outputRows, webhooks]: ClaimedRows,
  lease: string,
  nowMs: number,
): Claim | null {
  const job = row === undefined ? null : readRow(row)
  if (job === null || job.settledAt !== null) return null
  // The answer to the first run of this claim was lost, and with it what was there before.
  const isRepeated = before?.lease === lease
  return {
    job: {
      ...job,
      lease,
      leasedUntil: job.leasedUntil ?? nowMs + leaseMs,
      isTakenOver: !isRepeated && typeof before?.lease === 'string',
      wasDueAt: isRepeated ? job.createdAt : Math.min(before?.claimableAt ?? nowMs, nowMs),
    },
    tasks: taskRows.map(readTask),
    outputs: outputRows.map(readOutput),
    webhooks: webhooks.toReversed(),
    mark: readMark(before?.mark),
  }
}

/** A lease is renewed when a third of its time has passed. */
export function needsRenewal({ leasedUntil }: Pick<ClaimedJob, 'leasedUntil'>, nowMs: number): boolean {
  return leasedUntil - nowMs <= (leaseMs * 2) / 3
}

/** Extends the lease of a long step. Throws when the lease was lost. */
export async function renewLease(db: Database, job: ClaimedJob, nowMs: number): Promise<void> {
  const renewal = db
    .update(jobs)
    .set({ leasedUntil: nowMs + leaseMs })
    .where(eq(jobs.id, job.id))
  await db.batch([abortUnlessLeased(db, jobs, job), renewal])
}
