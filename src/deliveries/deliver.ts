/** deliver: claim one delivery, make one attempt, commit what came of it and when it is tried again. */
import type { Context } from '../context.ts'
import { describeError, withoutPaths } from '../log.ts'
import { type ClaimedDelivery, claimDelivery } from '../store/deliveries/claim.ts'
import {
  type Attempt,
  type AttemptOutcome,
  commitAttempt,
  giveUp,
  redirectDelivery,
} from '../store/deliveries/commit.ts'
import { draftEvent } from '../store/events.ts'
import { isLeaseLost } from '../store/lease.ts'
import { attemptPost } from './attempt.ts'
import { type Attempted, failureText, notSent } from './classify.ts'
import { nextAttempt } from './next-attempt.ts'
import { signedHeaders, signersOf } from './sign.ts'

export async function deliver(context: Context, deliveryId: string): Promise<void> {
  const { db, now } = context
  const claimed = await claimDelivery(db, deliveryId, crypto.randomUUID(), now())
  if (claimed === null) return
  if ('inLineFor' in claimed) {
    return context.log('delivery.held', { delivery_id: deliveryId, host: claimed.inLineFor })
  }
  const { delivery } = claimed
  if (delivery.obstacle !== null) return end(context, delivery, delivery.obstacle)
  if (delivery.currentUrl !== delivery.url) return redirect(context, delivery)
  await attempt(context, delivery)
}

async function attempt(context: Context, delivery: ClaimedDelivery): Promise<void> {
  const { now } = context
  const startedAt = now()
  const attempted = await post(context, delivery, startedAt)
  const n = delivery.attempts + 1
  const durationMs = now() - startedAt
  const { status, error, answer } = attempted
  const conclusion = nextAttempt(delivery, attempted, now(), context.chance)
  context.log('delivery.attempted', {
    ...{ job_id: delivery.jobId, delivery_id: delivery.id, endpoint_id: delivery.endpointId },
    ...{ attempt: n, duration_ms: durationMs, verdict: attempted.verdict, status },
    ...{ next: conclusion.outcome.status, reason: conclusion.outcome.reason },
    // A network's error may repeat the URL.
    error: error === null ? undefined : withoutPaths(error),
  })
  const said = { status, error: failureText(attempted), answer }
  const row = { deliveryId: delivery.id, n, startedAt, durationMs, ...said }
  await commit(context, delivery, row, conclusion)
}

/** A surprise is an attempt that failed: the schedule goes on, and ends. */
async function post(context: Context, delivery: ClaimedDelivery, startedAt: number): Promise<Attempted> {
  try {
    const signers = await signersOf(context.config.signingSecret, delivery.sealedSecrets)
    const signed = signers && (await signedHeaders(signers, delivery.eventId, delivery.body, startedAt))
    return await attemptPost(context, { ...delivery, signed })
  } catch (error) {
    context.log('delivery.failed', { delivery_id: delivery.id, error: describeError(error) })
    return notSent('an unexpected error on this side, which is in the log')
  }
}

async function commit(
  context: Context,
  delivery: ClaimedDelivery,
  row: Attempt,
  conclusion: AttemptOutcome,
): Promise<void> {
  const { db, queues: nudges, now } = context
  const { dueAt } = conclusion.outcome
  await unlessLost(async () => {
    const woken = await commitAttempt(db, delivery, row, conclusion, now())
    if (dueAt !== null) await nudges.delivery(delivery.id, dueAt - now())
    await nudges.deliveries(woken)
  })
}

async function end(
  context: Context,
  delivery: ClaimedDelivery,
  reason: NonNullable<ClaimedDelivery['obstacle']>,
): Promise<void> {
  const { db, queues: nudges, now } = context
  const said = {
    delivery_id: delivery.id,
    endpoint_id: delivery.endpointId,
    attempts: delivery.attempts,
    reason,
  }
  context.log('delivery.given_up', { job_id: delivery.jobId, ...said })
  const event = draftEvent('delivery.failed', said, now())
  await unlessLost(async () => nudges.deliveries(await giveUp(db, delivery, reason, event, now())))
}

/** Its endpoint has moved: whether the host over there has a place is a new question. */
async function redirect(context: Context, delivery: ClaimedDelivery): Promise<void> {
  const { db, queues: nudges, now } = context
  await unlessLost(async () =>
    nudges.deliveries([delivery.id, ...(await redirectDelivery(db, delivery, now()))]),
  )
}

async function unlessLost(commit: () => Promise<void>): Promise<void> {
  try {
    await commit()
  } catch (error) {
    // Another attempt began when our lease ran out; it keeps the record.
    if (!isLeaseLost(error)) throw error
  }
}
