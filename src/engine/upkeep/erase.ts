/**
 * erase: deletes a job, because its retention ended or its caller requests it. One commit deletes all content from the
 * database, and from then on the job cannot be found. Then its objects are deleted, then the rest of its row. After a
 * crash in between, the next sweep finishes by the row that is left.
 */
import type { Context } from '../../context.ts'
import { destinationsOf, type ErasureReason } from '../../core/event.ts'
import { erasureEventBody } from '../../core/event-body.ts'
import { newId } from '../../core/id.ts'
import { isSettled } from '../../core/job/job.ts'
import { jobPrefix } from '../../core/retention.ts'
import { describeError } from '../../log.ts'
import { deleteAllExcept } from '../../media/delete.ts'
import { type DeliveryDraft, draftDelivery } from '../../store/deliveries/claim.ts'
import {
  commitErasure,
  deferErasure,
  dueErasures,
  type ErasableJob,
  findErasable,
  finishErasure,
} from '../../store/jobs/erasures.ts'

export interface ErasureOrder {
  reason: ErasureReason
  /** Whether pending deliveries delay the erasure. */
  pendingDeliveries: 'wait' | 'discard'
}

/** `gone`: the job does not exist, or was erased before. */
export type Erasure = 'erased' | 'gone' | 'not_settled' | 'undelivered'

// Two at once are harmless: one of them commits, and the other finds that the job is gone.
export async function erase(context: Context, jobId: string, order: ErasureOrder): Promise<Erasure> {
  const { db, queues, now, log } = context
  const seen = await findErasable(db, jobId)
  if (seen === null) return 'gone'
  if (!isSettled(seen.job.status)) return 'not_settled'
  if (seen.hasPendingDelivery && order.pendingDeliveries === 'wait') return 'undelivered'
  const nowMs = now()
  const deliveries = erasureDeliveries(seen, order.reason, nowMs)
  // A delivery became pending again, or the job was erased, in the meantime: check again.
  const commit = { jobId, pendingDeliveries: order.pendingDeliveries, deliveries }
  if (!(await commitErasure(db, commit, nowMs))) return erase(context, jobId, order)
  log('job.erased', { job_id: jobId, reason: order.reason })
  await clearAway(context, jobId)
  await queues.deliveries(deliveries.map(({ id }) => id))
  return 'erased'
}

// The rest is still due at the next sweep, the longest due first.
const maxPerSweep = 100
const maxAtOnce = 10

/** Erases the jobs that are due, and finishes erasures that were interrupted. Returns how many there were. */
export async function eraseDue(context: Context): Promise<number> {
  const due = await dueErasures(context.db, context.now(), maxPerSweep)
  for (let first = 0; first < due.length; first += maxAtOnce) {
    await Promise.all(due.slice(first, first + maxAtOnce).map((one) => eraseOne(context, one)))
  }
  return due.length
}

async function eraseOne(context: Context, one: { id: string; erasedAt: number | null }): Promise<void> {
  if (one.erasedAt !== null) return clearAway(context, one.id)
  try {
    const outcome = await erase(context, one.id, { reason: 'retention', pendingDeliveries: 'wait' })
    if (outcome === 'undelivered') await deferErasure(context.db, one.id, context.now())
  } catch (error) {
    logFailure(context, one.id, error)
    await deferErasure(context.db, one.id, context.now())
  }
}

/** Deletes its objects, their copies in caches, then its row. If this fails, the next sweep does it: the job is already erased. */
async function clearAway(context: Context, id: string): Promise<void> {
  try {
    await deleteAllExcept(context.bucket, jobPrefix(id), () => false)
    await context.forget(id)
    await finishErasure(context.db, id, context.now())
  } catch (error) {
    logFailure(context, id, error)
  }
}

/** A failed erasure does not delay the others, and is still due. */
function logFailure({ log }: Context, jobId: string, error: unknown): void {
  log('erasure.failed', { job_id: jobId, error: describeError(error) })
}

/** The event has the sizes and hashes of the videos and the job's metadata: nothing else of the job is left. */
function erasureDeliveries(
  { job, outputs, subscriptions }: ErasableJob,
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
  return destinationsOf(type, job.request, subscriptions).map((target) =>
    draftDelivery({ ...target, eventId, eventType: type, body }),
  )
}
