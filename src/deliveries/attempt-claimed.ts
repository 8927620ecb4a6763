/** attemptClaimed: one attempt of a claimed delivery. Commits its result and the time of the next attempt. */
import type { Context } from '../context.ts'
import type { DeliveryReason } from '../core/delivery.ts'
import { openrouterKey } from '../core/event-formats/openrouter.ts'
import { noConnectionWaitMs } from '../core/schedule/deliveries.ts'
import { traceIdOf, traceparentOf } from '../core/trace.ts'
import { describeError, withoutPaths } from '../log.ts'
import type { ClaimedDelivery } from '../store/deliveries/claimed.ts'
import {
  type Attempt,
  type AttemptOutcome,
  commitAttempt,
  giveUp,
  postponeDelivery,
  redirectDelivery,
} from '../store/deliveries/commit.ts'
import { disableOwner } from '../store/deliveries/disabled.ts'
import type { OwnerState } from '../store/deliveries/owners.ts'
import { draftEvent } from '../store/events.ts'
import { isLeaseLost } from '../store/lease.ts'
import { attemptPost } from './attempt.ts'
import { decryptHeaders } from './callback-headers.ts'
import { type Attempted, failureText, notSent } from './classify.ts'
import { headersOf } from './headers.ts'
import { withoutValues } from './hidden-values.ts'
import { nextAttempt } from './next-attempt.ts'
import { signersOf } from './sign.ts'

export async function attemptClaimed(context: Context, delivery: ClaimedDelivery): Promise<void> {
  const owner = await ownerOf(context, delivery)
  if (owner.obstacle !== null) return end(context, delivery, owner.obstacle)
  const { body } = delivery
  if (body === null) return end(context, delivery, 'pruned')
  if (isElsewhere(owner, delivery)) return redirect(context, delivery, owner.url)
  const { callbackSecret } = delivery
  const encryptedSecrets =
    delivery.endpointId === null && callbackSecret !== null ? [callbackSecret] : owner.encryptedSecrets
  await attempt(context, delivery, { body, encryptedSecrets })
}

/** The remembered owner may be some seconds old. An obstacle or another URL is therefore read again before it counts. */
async function ownerOf({ owners }: Context, delivery: ClaimedDelivery): Promise<OwnerState> {
  const owner = await owners.find(delivery)
  return owner.obstacle === null && !isElsewhere(owner, delivery) ? owner : owners.findNow(delivery)
}

/** The endpoint's URL has changed since the delivery was made. */
function isElsewhere(owner: OwnerState, { url }: ClaimedDelivery): owner is OwnerState & { url: string } {
  return owner.url !== null && owner.url !== url
}

async function attempt(
  context: Context,
  delivery: ClaimedDelivery,
  signed: { body: string; encryptedSecrets: string[] },
): Promise<void> {
  const { now } = context
  const startedAt = now()
  const attempted = await post(context, { ...delivery, ...signed }, startedAt)
  if (attempted === 'no_connection') return postpone(context, delivery)
  const n = delivery.attempts + 1
  const durationMs = now() - startedAt
  const { status, error, responseHeaders, responseBody } = attempted
  const outcome = nextAttempt(delivery, attempted, now(), context.chance)
  context.log('delivery.attempted', {
    job_id: delivery.jobId,
    delivery_id: delivery.id,
    trace_id: traceIdOf(jobOf(delivery)),
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
    responseHeaders,
    responseBody,
  }
  await commit(context, delivery, { ...outcome, attempt: row })
}

/** An unexpected error is a failed attempt, so the schedule continues and ends. */
async function post(
  context: Context,
  {
    body,
    encryptedSecrets,
    callbackHeaders,
    ...delivery
  }: ClaimedDelivery & { body: string; encryptedSecrets: string[] },
  startedAt: number,
): Promise<Attempted | 'no_connection'> {
  const { id, jobId, endpointId, url, eventId, eventType, format } = delivery
  try {
    const idempotencyKey = openrouterKey(jobId, eventType)
    const signers = await signersOf(context.config.signingSecret, encryptedSecrets)
    const signature =
      signers && (await headersOf(signers, { eventId, body, format, idempotencyKey }, startedAt))
    const own = await decryptHeaders(
      context.config.signingSecret,
      endpointId === null ? callbackHeaders : null,
    )
    const attempted = await attemptPost(context, {
      url,
      body,
      signatureHeaders: own &&
        signature && { traceparent: traceparentOf(jobOf(delivery)), ...own, ...signature },
    })
    return attempted === 'no_connection' || own === null ? attempted : withoutValues(attempted, own)
  } catch (error) {
    context.log('delivery.failed', { delivery_id: id, error: describeError(error) })
    return notSent('an unexpected error on this side, which is in the log')
  }
}

function jobOf({ jobId, traceparent }: Pick<ClaimedDelivery, 'jobId' | 'traceparent'>) {
  return { id: jobId, traceparent }
}

/** Nothing was sent, and the host is not at fault: this is no attempt. */
export async function postpone(context: Context, delivery: ClaimedDelivery): Promise<void> {
  const { queues, now } = context
  context.log('delivery.postponed', { job_id: delivery.jobId, delivery_id: delivery.id })
  await unlessLeaseLost(async () => {
    const db = context.dbOf(delivery.id)
    const released = await postponeDelivery(db, delivery, noConnectionWaitMs, now())
    await queues.delivery(delivery.id, noConnectionWaitMs)
    await queues.deliveries(released)
  })
}

async function commit(
  context: Context,
  delivery: ClaimedDelivery,
  outcome: AttemptOutcome & { attempt: Attempt },
): Promise<void> {
  const { db, queues, now } = context
  const { dueAt } = outcome.delivery
  await unlessLeaseLost(async () => {
    const released = await commitAttempt(context.dbOf(delivery.id), delivery, outcome, now())
    // The owner may be in another database. After a crash here its next failure disables it, because the streak continues.
    if (outcome.disablesOwner) {
      await disableOwner(db, delivery, delivery.streak?.failingSince ?? now(), now())
    }
    if (dueAt !== null) await queues.delivery(delivery.id, dueAt - now())
    await queues.deliveries(released)
  })
}

async function end(context: Context, delivery: ClaimedDelivery, reason: DeliveryReason): Promise<void> {
  const { queues, now } = context
  const fields = {
    delivery_id: delivery.id,
    endpoint_id: delivery.endpointId,
    attempts: delivery.attempts,
    reason,
  }
  context.log('delivery.given_up', { job_id: delivery.jobId, ...fields })
  const event = draftEvent('delivery.failed', fields, now())
  await unlessLeaseLost(async () =>
    queues.deliveries(await giveUp(context.dbOf(delivery.id), delivery, { reason, event }, now())),
  )
}

/** The delivery is claimed again, because the new host may have no capacity. */
async function redirect(context: Context, delivery: ClaimedDelivery, url: string): Promise<void> {
  const { queues, now } = context
  await unlessLeaseLost(async () =>
    queues.deliveries([
      delivery.id,
      ...(await redirectDelivery(context.dbOf(delivery.id), delivery, url, now())),
    ]),
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
