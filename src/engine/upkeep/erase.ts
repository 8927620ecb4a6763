/**
 * erase: the end of what is kept of a job, because its time is over or somebody asks for it. One commit decides and
 * takes all content from the database; from then on the job is found by nobody. Then its objects go, then what is left
 * of its row. Whoever dies in between leaves a row by which the next sweep finishes.
 */
import type { Context } from '../../context.ts'
import { destinationsOf, type ErasureReason } from '../../core/event.ts'
import { erasureEventBody } from '../../core/event-body.ts'
import { newId } from '../../core/id.ts'
import { isSettled } from '../../core/job.ts'
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
  /** What somebody has still to be told of the job. */
  pendingDeliveries: 'wait' | 'discard'
}

/** `gone`: there is none, or it was erased before. */
export type Erasure = 'erased' | 'gone' | 'not_settled' | 'undelivered'

// Two at once are harmless: one of them commits, and the other finds the job gone.
export async function erase(context: Context, jobId: string, order: ErasureOrder): Promise<Erasure> {
  const { db, queues: nudges, now, log } = context
  const seen = await findErasable(db, jobId)
  if (seen === null) return 'gone'
  if (!isSettled(seen.job.status)) return 'not_settled'
  if (seen.hasPendingDelivery && order.pendingDeliveries === 'wait') return 'undelivered'
  const nowMs = now()
  const told = tellOf(seen, order.reason, nowMs)
  // Somebody sends for a delivery again, or has erased it, in just this moment: look again.
  const commit = { jobId, pendingDeliveries: order.pendingDeliveries, deliveries: told }
  if (!(await commitErasure(db, commit, nowMs))) return erase(context, jobId, order)
  log('job.erased', { job_id: jobId, reason: order.reason })
  await clearAway(context, jobId)
  await nudges.deliveries(told.map(({ id }) => id))
  return 'erased'
}

// What is left over is still due at the next sweep, the longest due first.
const mostPerSweep = 100
const atOnce = 10

/** Erases what is due, and finishes what was begun. Returns how many it looked at. */
export async function eraseDue(context: Context): Promise<number> {
  const due = await dueErasures(context.db, context.now(), mostPerSweep)
  for (let first = 0; first < due.length; first += atOnce) {
    await Promise.all(due.slice(first, first + atOnce).map((one) => eraseOne(context, one)))
  }
  return due.length
}

async function eraseOne(context: Context, one: { id: string; erasedAt: number | null }): Promise<void> {
  if (one.erasedAt !== null) return clearAway(context, one.id)
  try {
    const outcome = await erase(context, one.id, { reason: 'retention', pendingDeliveries: 'wait' })
    if (outcome === 'undelivered') await deferErasure(context.db, one.id, context.now())
  } catch (error) {
    complain(context, one.id, error)
    await deferErasure(context.db, one.id, context.now())
  }
}

/** Its objects, what caches keep of them, then its row. Should this fail, it is done again at the next sweep: the job is erased all the same. */
async function clearAway(context: Context, id: string): Promise<void> {
  try {
    await deleteAllExcept(context.bucket, jobPrefix(id), () => false)
    await context.forget(id)
    await finishErasure(context.db, id, context.now())
  } catch (error) {
    complain(context, id, error)
  }
}

/** One that fails does not hold up the others; it is still due. */
function complain({ log }: Context, jobId: string, error: unknown): void {
  log('erasure.failed', { job_id: jobId, error: describeError(error) })
}

/** What is told of it is all that stays: what the videos were, not where, and nothing of the request but its metadata. */
function tellOf(
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
