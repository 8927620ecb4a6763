/** The consequences of an attempt: the end or the next due time, the result for the host, a disabled owner. No I/O. */
import { type DeliveryReason, disablesReceiver } from '../core/delivery.ts'
import { hostWaitsMs } from '../core/schedule/deliveries.ts'
import { deliveryWaitMs, spread } from '../core/schedule/waits.ts'
import type { ClaimedDelivery } from '../store/deliveries/claimed.ts'
import type { AttemptOutcome } from '../store/deliveries/commit.ts'
import { draftEvent } from '../store/events.ts'
import type { Attempted } from './classify.ts'

// Retry-After may lengthen the scheduled wait, up to this, and never shortens it.
export const maxRetryAfterMs = 24 * 60 * 60 * 1_000
// The Retry-After comes from one of many receivers on that host: it closes the host no longer than an outage does.
const maxHostWaitMs = Math.max(...hostWaitsMs)

export function nextAttempt(
  delivery: ClaimedDelivery,
  attempted: Attempted,
  nowMs: number,
  chance: () => number,
): AttemptOutcome {
  const retryAfterMs = Math.min(attempted.retryAfterMs ?? 0, maxRetryAfterMs)
  const isFailure = attempted.host === 'refused' || attempted.host === 'down'
  // Counted from the last redelivery by hand, where the schedule starts again.
  const tries = delivery.attempts + 1 - delivery.attemptsBefore
  const disablesOwner =
    isFailure && delivery.streak !== null && disablesReceiver(delivery.streak, tries, nowMs)
  const waitMs = deliveryWaitMs(tries, chance(), attempted.pace)
  const dueAt = waitMs === null ? null : nowMs + Math.max(waitMs, retryAfterMs)
  const next = deliveryAfter(attempted.verdict, disablesOwner ? 'disabled' : { dueAt })
  return {
    delivery: next,
    hostResult: attempted.host,
    circuitWaitsMs: hostWaitsMs.map((hostWaitMs) =>
      Math.max(spread(hostWaitMs, chance()), Math.min(retryAfterMs, maxHostWaitMs)),
    ),
    events: [
      ...(disablesOwner ? [disabledEvent(delivery, nowMs)] : []),
      ...(next.status === 'failed' ? [failedEvent(delivery, next.reason, nowMs)] : []),
    ],
    disablesOwner,
  }
}

/** `afterRefusal`: when the next attempt is due; null means the schedule has ended. */
function deliveryAfter(
  verdict: Attempted['verdict'],
  afterRefusal: 'disabled' | { dueAt: number | null },
): AttemptOutcome['delivery'] {
  switch (verdict) {
    case 'delivered':
      return { status: 'delivered', reason: null, dueAt: null }
    case 'gone':
    case 'aborted':
      return failed(verdict)
    case 'refused':
      if (afterRefusal === 'disabled') return failed('disabled')
      if (afterRefusal.dueAt === null) return failed('exhausted')
      return { status: 'pending', reason: null, dueAt: afterRefusal.dueAt }
  }
}

function failed(reason: DeliveryReason): AttemptOutcome['delivery'] {
  return { status: 'failed', reason, dueAt: null }
}

function failedEvent(delivery: ClaimedDelivery, reason: DeliveryReason | null, nowMs: number) {
  const data = {
    delivery_id: delivery.id,
    endpoint_id: delivery.endpointId,
    attempts: delivery.attempts + 1,
    reason,
  }
  return draftEvent('delivery.failed', data, nowMs)
}

function disabledEvent({ endpointId, ownerId, host, streak }: ClaimedDelivery, nowMs: number) {
  const failing_since = streak === null ? null : new Date(streak.failingSince).toISOString()
  return endpointId === null
    ? draftEvent('callbacks.disabled', { api_key_id: ownerId, host, failing_since }, nowMs)
    : draftEvent('endpoint.disabled', { endpoint_id: endpointId, host, failing_since }, nowMs)
}
