/**
 * erase: the end of what is kept of a job, because its time is over or somebody asks for it. One commit decides and
 * takes all content from the database; from then on the job is found by nobody. Then its objects go, then what is left
 * of its row. Whoever dies in between leaves a row by which the next sweep finishes.
 */
import type { Context } from '../context.ts'
import { type ErasureReason, targetsOf } from '../core/event.ts'
import { erasureBody } from '../core/event-body.ts'
import { newId } from '../core/id.ts'
import { isSettled } from '../core/job.ts'
import { jobPrefix } from '../core/retention.ts'
import { sayError } from '../log.ts'
import { removeAllBut } from '../media/remove.ts'
import { type DeliveryDraft, draftDelivery } from '../store/deliveries.ts'
import {
  commitErasure,
  concludeErasure,
  dueErasures,
  type ErasableJob,
  putOffErasure,
  seeErasable,
} from '../store/erasures.ts'

export interface ErasureOrder {
  reason: ErasureReason
  /** What somebody has still to be told of the job. */
  untold: 'waited for' | 'forgotten'
}

/** `gone`: there is none, or it was erased before. */
export type Erasure = 'erased' | 'gone' | 'not settled' | 'not told'

// Two at once are harmless: one of them commits, and the other finds the job gone.
export async function erase(context: Context, jobId: string, order: ErasureOrder): Promise<Erasure> {
  const { db, nudges, now, log } = context
  const seen = await seeErasable(db, jobId)
  if (seen === null) return 'gone'
  if (!isSettled(seen.job.status)) return 'not settled'
  if (seen.isTellingDue && order.untold === 'waited for') return 'not told'
  const nowMs = now()
  const told = tellOf(seen, order.reason, nowMs)
  // Somebody sends for a delivery again, or has erased it, in just this moment: look again.
  if (!(await commitErasure(db, seen.job, order.untold, told, nowMs))) return erase(context, jobId, order)
  log('job.erased', { job_id: jobId, reason: order.reason })
  await clearAway(context, { id: jobId, retentionDays: seen.job.request.retention_days })
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

async function eraseOne(
  context: Context,
  one: { id: string; erasedAt: number | null; retentionDays: number | null },
): Promise<void> {
  if (one.erasedAt !== null) return clearAway(context, { ...one, retentionDays: one.retentionDays ?? 0 })
  try {
    const outcome = await erase(context, one.id, { reason: 'retention', untold: 'waited for' })
    if (outcome === 'not told') await putOffErasure(context.db, one.id, context.now())
  } catch (error) {
    complain(context, one.id, error)
    await putOffErasure(context.db, one.id, context.now())
  }
}

/** Its objects, what caches keep of them, then its row. Should this fail, it is done again at the next sweep: the job is erased all the same. */
async function clearAway(
  context: Context,
  { id, retentionDays }: { id: string; retentionDays?: number | undefined },
): Promise<void> {
  try {
    await removeAllBut(context.bucket, jobPrefix(id, retentionDays), () => false)
    await context.forget(id)
    await concludeErasure(context.db, id, context.now())
  } catch (error) {
    complain(context, id, error)
  }
}

/** One that fails does not hold up the others; it is still due. */
function complain({ log }: Context, jobId: string, error: unknown): void {
  log('erasure.failed', { job_id: jobId, error: sayError(error) })
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
  const body = erasureBody(nowMs, {
    id: job.id,
    reason,
    erased_at: new Date(nowMs).toISOString(),
    outputs: stored.map(({ n, bytes, sha256 }) => ({ n, bytes, sha256 })),
    metadata: job.request.metadata,
  })
  return targetsOf(type, job.request, subscriptions).map((target) =>
    draftDelivery({ ...target, eventId, eventType: type, body }),
  )
}
