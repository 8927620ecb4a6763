/**
 * erase: deletes jobs, because their retention ended or a caller requests it. One commit deletes all content from the
 * database, and from then on the jobs cannot be found. Then their objects are deleted, then the rest of their rows. After a
 * crash in between, the next sweep finishes by the rows that are left. Caches are purged apart from this, by purge.ts.
 */
import { deleteUploads } from '../../assets/delete-upload.ts'
import type { Context } from '../../context.ts'
import { everyProject, sees } from '../../core/access.ts'
import { destinationsOf, type ErasureReason, type Subscription } from '../../core/event.ts'
import { erasureEventBody } from '../../core/event-body.ts'
import { newId } from '../../core/id.ts'
import { isSettled } from '../../core/job/job.ts'
import { assetOfFile } from '../../core/request/openai-entry.ts'
import { jobPrefix } from '../../core/retention.ts'
import { describeError } from '../../log.ts'
import { deleteAllExcept } from '../../media/delete.ts'
import type { Database } from '../../store/database.ts'
import { type DeliveryDraft, draftDelivery } from '../../store/deliveries/claim.ts'
import {
  commitErasures,
  deferErasures,
  dueErasures,
  type ErasableJob,
  findErasable,
  finishErasures,
} from '../../store/jobs/erasures.ts'
import { closeBeforeErasure } from './reservations.ts'

export interface ErasureOrder {
  reason: ErasureReason
  /** Whether pending deliveries delay the erasure. */
  pendingDeliveries: 'wait' | 'discard'
  /** Only a job of this project. Null: of any. */
  project: string | null
}

/** `gone`: the job does not exist for this order, or was erased before. */
export type Erasure = 'erased' | 'gone' | 'not_settled' | 'undelivered'

// Two at once are harmless: one of them commits, and the other finds that the job is gone.
export async function erase(context: Context, jobId: string, order: ErasureOrder): Promise<Erasure> {
  const db = context.dbOf(jobId)
  const [seen] = await findErasable(db, [jobId])
  if (seen === undefined || !sees(order, seen.job)) return 'gone'
  if (!isSettled(seen.job.status)) return 'not_settled'
  if (seen.hasPendingDelivery && order.pendingDeliveries === 'wait') return 'undelivered'
  // A delivery became pending again, or the job was erased, in the meantime: check again.
  return (await eraseAll(context, db, [seen], order)) ? 'erased' : erase(context, jobId, order)
}

// The rest is still due at the next sweep, the longest due first. A group takes about 17 statements and 3 round trips, of
// the 1,000 queries that D1 allows an invocation, for all databases together: 400 jobs a minute are 576,000 a day.
const maxPerSweep = 400
const maxPerGroup = 25
// Each job's objects take a call to R2, and six calls of an invocation may wait at once.
const maxAtOnce = 4

const byRetention: ErasureOrder = { reason: 'retention', pendingDeliveries: 'wait', ...everyProject }

/** Erases the jobs of a database that are due, and finishes interrupted erasures. Returns how many there were. */
export async function eraseDue(context: Context, db: Database): Promise<number> {
  const due = await dueErasures(db, context.now(), Math.ceil(maxPerSweep / context.databases.length))
  const interrupted = due.filter(({ erasedAt }) => erasedAt !== null)
  for (const ids of groupsOf(interrupted)) await finishInterrupted(context, db, ids)
  const begun = due.filter(({ erasedAt }) => erasedAt === null)
  for (const ids of groupsOf(begun)) await eraseGroup(context, db, ids)
  return due.length
}

function groupsOf(jobs: { id: string }[]): string[][] {
  const ids = jobs.map(({ id }) => id)
  return inGroups(ids, maxPerGroup)
}

/** Erasures that fail again are postponed, so that they do not hold up others. */
async function finishInterrupted(context: Context, db: Database, ids: string[]): Promise<void> {
  await deferErasures(db, await clearAway(context, db, ids), context.now())
}

/** Erases the jobs in one commit. If that fails, or one of them changed meanwhile, each is erased by itself. */
async function eraseGroup(context: Context, db: Database, ids: string[]): Promise<void> {
  const { now, log } = context
  try {
    const seen = await findErasable(db, ids)
    const undelivered = seen.filter(({ hasPendingDelivery }) => hasPendingDelivery)
    const ready = seen.filter(({ hasPendingDelivery }) => !hasPendingDelivery)
    const deferred = undelivered.map(({ job }) => job.id)
    await deferErasures(db, deferred, now())
    if (ready.length === 0 || (await eraseAll(context, db, ready, byRetention))) return
  } catch (error) {
    log('erasure.failed', { jobs: ids.length, error: describeError(error) })
  }
  for (const id of ids) await eraseAlone(context, id)
}

async function eraseAlone(context: Context, id: string): Promise<void> {
  try {
    const outcome = await erase(context, id, byRetention)
    if (outcome === 'undelivered') await deferErasures(context.dbOf(id), [id], context.now())
  } catch (error) {
    logFailure(context, id, error)
    await deferErasures(context.dbOf(id), [id], context.now())
  }
}

/** False, and nothing is erased: one of the jobs changed since it was read. */
async function eraseAll(
  context: Context,
  db: Database,
  seen: ErasableJob[],
  { reason, pendingDeliveries }: ErasureOrder,
): Promise<boolean> {
  const { owners, queues, now, log } = context
  const subscriptions = await owners.subscriptions()
  const nowMs = now()
  const deliveries = new Map(
    seen.map((one) => [one.job.id, erasureDeliveries({ ...one, subscriptions }, reason, nowMs)]),
  )
  await closeBeforeErasure(
    context,
    seen.map(({ job }) => job),
  )
  // Before the commit, which deletes the rows that name them. A settled job needs none.
  await deleteUploads(
    context,
    seen.flatMap(({ job }) => assetOfFile(job.request) ?? []),
  )
  if (!(await commitErasures(db, { deliveries, pendingDeliveries }, nowMs))) return false
  const ids = [...deliveries.keys()]
  for (const id of ids) log('job.erased', { job_id: id, reason })
  await clearAway(context, db, ids)
  await queues.deliveries([...deliveries.values()].flat().map(({ id }) => id))
  return true
}

/** Deletes the objects of erased jobs, then their rows. Returns the jobs for which this failed. They are still due. */
async function clearAway(context: Context, db: Database, ids: string[]): Promise<string[]> {
  const cleared: string[] = []
  for (const group of inGroups(ids, maxAtOnce)) {
    const areDeleted = await Promise.all(group.map((id) => deleteObjects(context, id)))
    cleared.push(...group.filter((_, n) => areDeleted[n]))
  }
  if (cleared.length === 0) return ids
  try {
    await finishErasures(db, cleared, context.now())
  } catch (error) {
    for (const id of cleared) logFailure(context, id, error)
    return ids
  }
  return ids.filter((id) => !cleared.includes(id))
}

async function deleteObjects(context: Context, id: string): Promise<boolean> {
  try {
    await deleteAllExcept(context.bucket, jobPrefix(id), () => false)
    return true
  } catch (error) {
    logFailure(context, id, error)
    return false
  }
}

/** A failed erasure does not delay the others, and is still due. */
function logFailure({ log }: Context, jobId: string, error: unknown): void {
  log('erasure.failed', { job_id: jobId, error: describeError(error) })
}

/** The event has the sizes and hashes of the videos and the job's metadata: nothing else of the job is left. */
function erasureDeliveries(
  { job, outputs, subscriptions }: ErasableJob & { subscriptions: readonly Subscription[] },
  reason: ErasureReason,
  nowMs: number,
): DeliveryDraft[] {
  const type = 'job.erased'
  const eventId = newId('event')
  const stored = outputs.flatMap((output) => (output.status === 'stored' ? [output] : []))
  const body = erasureEventBody(nowMs, {
    id: job.id,
    reason,
    erased_at: new Date(nowMs).toISOString(),
    outputs: stored.map(({ n, bytes, sha256 }) => ({ n, bytes, sha256 })),
    metadata: job.request.metadata,
  })
  return destinationsOf(type, job, subscriptions).map((target) =>
    draftDelivery(job.id, { ...target, eventId, eventType: type, body }),
  )
}

function inGroups<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) =>
    items.slice(n * size, (n + 1) * size),
  )
}
