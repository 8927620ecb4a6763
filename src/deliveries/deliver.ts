/** deliver: claim one delivery, make one attempt, commit its result and the time of the next attempt. */
import type { Context } from '../context.ts'
import { noConnectionWaitMs } from '../core/schedule.ts'
import { describeError, withoutPaths } from '../log.ts'
import { type ClaimedDelivery, claimDelivery } from '../store/deliveries/claim.ts'
import {
  type Attempt,
  type AttemptOutcome,
  commitAttempt,
  giveUp,
  postponeDelivery,
  redirectDelivery,
} from '../store/deliveries/commit.ts'
import { draftEvent } from '../store/events.ts'
import { isLeaseLost } from '../store/lease.ts'
import { attemptPost } from './attempt.ts'
import { type Attempted, failureText, notSent } from './classify.ts'
import { nextAttempt } from './next-attempt.ts'
import { signatureHeaders, signersOf } from './sign.ts'

export async function deliver(context: Context, deliveryId: string): Promise<void> {
  const { dbOf, now } = context
  const claimed = await claimDelivery(dbOf(deliveryId), deliveryId, crypto.randomUUID(), now())
  if (claimed === null) return
  if ('parkedForHost' in claimed) {
    return context.log('delivery.parked', { delivery_id: deliveryId, host: claimed.parkedForHost })
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
  if (attempted === 'no_connection') return postpone(context, delivery)
  const n = delivery.attempts + 1
  const durationMs = now() - startedAt
  const { status, error, responseBody } = attempted
  const outcome = nextAttempt(delivery, attempted, now(), context.chance)
  context.log('delivery.attempted', {
    job_id: delivery.jobId,
    delivery_id: delivery.id,
    endpoint_id: delivery.endpointId,
    attempt: n,
    duration_ms: durationMs,
    verdict: attempted.verdict,
    status,
    next: outcome.delivery.status,
    reason: outcome.delivery.reason,
    // A network error may repeat the URL.
    error: error === null ? undefined : withoutPaths(error),
  })
  const row = {
    deliveryId: delivery.id,
    n,
    startedAt,
    durationMs,
    status,
    error: failureText(attempted),
    responseBody,
  }
  await commit(context, delivery, { ...outcome, attempt: row })
}

/** An unexpected error is a failed attempt, so the schedule continues and ends. */
async function post(
  context: Context,
  delivery: ClaimedDelivery,
  startedAt: number,
): Promise<Attempted | 'no_connection'> {
  const { id, url, body, eventId, encryptedSecrets } = delivery
  try {
    const signers = await signersOf(context.config.signingSecret, encryptedSecrets)
    const headers = signers && (await signatureHeaders(signers, eventId, body, startedAt))
    return await attemptPost(context, { url, body, signatureHeaders: headers })
  } catch (error) {
    context.log('delivery.failed', { delivery_id: id, error: describeError(error) })
    return notSent('an unexpected error on this side, which is in the log')
  }
}

/** Nothing was sent, and the host is not at fault: this is no attempt. */
async function postpone(context: Context, delivery: ClaimedDelivery): Promise<void> {
  const { dbOf, queues, now } = context
  context.log('delivery.postponed', { job_id: delivery.jobId, delivery_id: delivery.id })
  await unlessLeaseLost(async () => {
    const released = await postponeDelivery(dbOf(delivery.id), delivery, noConnectionWaitMs, now())
    await queues.delivery(delivery.id, noConnectionWaitMs)
    await queues.deliveries(released)
  })
}

async function commit(
  context: Context,
  delivery: ClaimedDelivery,
  outcome: AttemptOutcome & { attempt: Attempt },
): Promise<void> {
  const { dbOf, queues, now } = context
  const { dueAt } = outcome.delivery
  await unlessLeaseLost(async () => {
    const released = await commitAttempt(dbOf(delivery.id), delivery, outcome, now())
    if (dueAt !== null) await queues.delivery(delivery.id, dueAt - now())
    await queues.deliveries(released)
  })
}

async function end(
  context: Context,
  delivery: ClaimedDelivery,
  reason: NonNullable<ClaimedDelivery['obstacle']>,
): Promise<void> {
  const { dbOf, queues, now } = context
  const fields = {
    delivery_id: delivery.id,
    endpoint_id: delivery.endpointId,
    attempts: delivery.attempts,
    reason,
  }
  context.log('delivery.given_up', { job_id: delivery.jobId, ...fields })
  const event = draftEvent('delivery.failed', fields, now())
  await unlessLeaseLost(async () =>
    queues.deliveries(await giveUp(dbOf(delivery.id), delivery, { reason, event }, now())),
  )
}

/** The endpoint has moved. The delivery is claimed again, because the new host may have no capacity. */
async function redirect(context: Context, delivery: ClaimedDelivery): Promise<void> {
  const { dbOf, queues, now } = context
  await unlessLeaseLost(async () =>
    queues.deliveries([delivery.id, ...(await redirectDelivery(dbOf(delivery.id), delivery, now()))]),
  )
}

async function unlessLeaseLost(commit: () => Promise<void>): Promise<void> {
  try {
    await commit()
  } catch (error) {
    // Another attempt began when this lease expired, and records its own result.
    if (!isLeaseLost(error)) throw error
  }
}
