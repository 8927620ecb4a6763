/** deliver: claim one delivery, make one attempt, commit what came of it and when it is tried again. */
import type { Context } from '../context.ts'
import { deliveryWaitMs } from '../core/schedule.ts'
import { type ClaimedDelivery, claimDelivery, commitAttempt } from '../store/deliveries.ts'
import { draftEvent } from '../store/events.ts'
import { isLeaseLost } from '../store/lease.ts'
import { attemptPost } from './attempt.ts'
import type { Attempted } from './judge.ts'
import { openSecret } from './secrets.ts'

export async function deliver(context: Context, deliveryId: string): Promise<void> {
  const { db, config, now } = context
  const delivery = await claimDelivery(db, deliveryId, crypto.randomUUID(), now())
  if (delivery === null) return
  const secret = await openSecret(config.signingSecret, delivery.sealedSecret)
  const startedAt = now()
  const attempted = await attemptPost(context, config.reach, { ...delivery, secret })
  const n = delivery.attempts + 1
  const durationMs = now() - startedAt
  const { status, error, answer } = attempted
  const next = whatNext(attempted, n, context)
  context.log('delivery.attempted', {
    ...{ job_id: delivery.jobId, delivery_id: delivery.id, attempt: n, duration_ms: durationMs },
    ...{ verdict: attempted.verdict, status, error, next: next.status },
  })
  const row = { deliveryId: delivery.id, n, startedAt, durationMs, status, error, answer }
  await commit(context, delivery, row, next)
}

type Next = { status: 'delivered' | 'failed' } | { status: 'pending'; waitMs: number }

function whatNext(attempted: Attempted, n: number, { chance }: Context): Next {
  if (attempted.verdict === 'delivered') return { status: 'delivered' }
  const waitMs = deliveryWaitMs(n, chance(), attempted.pace)
  if (attempted.verdict !== 'refused' || waitMs === null) return { status: 'failed' }
  // The caller may ask for more time than the schedule has, not for less.
  return {
    status: 'pending',
    waitMs: Math.max(waitMs, Math.min(attempted.retryAfterMs ?? 0, longestRetryAfterMs)),
  }
}

const longestRetryAfterMs = 24 * 60 * 60 * 1_000

async function commit(
  context: Context,
  delivery: ClaimedDelivery,
  row: Parameters<typeof commitAttempt>[2],
  next: Next,
): Promise<void> {
  const nowMs = context.now()
  const dueAt = next.status === 'pending' ? nowMs + next.waitMs : null
  const lost = draftEvent('delivery.failed', { delivery_id: delivery.id, attempts: row.n }, nowMs)
  try {
    await commitAttempt(
      context.db,
      delivery,
      row,
      { status: next.status, dueAt },
      next.status === 'failed' ? lost : null,
    )
  } catch (error) {
    // Another attempt began when our lease ran out; it keeps the record.
    if (!isLeaseLost(error)) throw error
    return
  }
  if (next.status === 'pending') await context.nudges.delivery(delivery.id, next.waitMs)
}
