/** What follows from an attempt: the end, or the next one's time; what it tells of the host; whom it disables. No I/O. */
import { type DeliveryReason, disablesReceiver } from '../core/delivery.ts'
import { hostWaitsMs } from '../core/schedule.ts'
import { deliveryWaitMs, spread } from '../core/schedule-waits.ts'
import type { ClaimedDelivery } from '../store/deliveries/claim.ts'
import type { AttemptOutcome } from '../store/deliveries/commit.ts'
import { draftEvent } from '../store/events.ts'
import type { Attempted } from './classify.ts'

// The caller may ask for more time than the schedule has, not for less; and for so much at the most.
const longestRetryAfterMs = 24 * 60 * 60 * 1_000
// Who asks is one of many at its host: the others are not held up for longer than by a host that is silent.
const longestHostWaitMs = Math.max(...hostWaitsMs)

export function nextAttempt(
  delivery: ClaimedDelivery,
  attempted: Attempted,
  nowMs: number,
  chance: () => number,
): AttemptOutcome {
  const askedMs = Math.min(attempted.retryAfterMs ?? 0, longestRetryAfterMs)
  const isFailure = attempted.host === 'refused' || attempted.host === 'down'
  const tries = delivery.attempts + 1 - delivery.attemptsBefore
  const disables = isFailure && delivery.streak !== null && disablesReceiver(delivery.streak, tries, nowMs)
  const outcome = outcomeOf(attempted, tries, disables, askedMs, nowMs, chance())
  return {
    outcome,
    news: attempted.host,
    circuitWaitsMs: hostWaitsMs.map((waitMs) =>
      Math.max(spread(waitMs, chance()), Math.min(askedMs, longestHostWaitMs)),
    ),
    events: [
      ...(disables ? [disablingOf(delivery, nowMs)] : []),
      ...(outcome.status === 'failed' ? [failureOf(delivery, outcome.reason, nowMs)] : []),
    ],
    disables,
  }
}

/** `tries`: the attempts of this schedule. */
function outcomeOf(
  { verdict, pace }: Attempted,
  tries: number,
  disables: boolean,
  askedMs: number,
  nowMs: number,
  chance: number,
): AttemptOutcome['outcome'] {
  const failed = (reason: DeliveryReason) => ({ status: 'failed' as const, reason, dueAt: null })
  switch (verdict) {
    case 'delivered':
      return { status: 'delivered', reason: null, dueAt: null }
    case 'gone':
    case 'aborted':
      return failed(verdict)
    case 'refused': {
      if (disables) return failed('disabled')
      const waitMs = deliveryWaitMs(tries, chance, pace)
      if (waitMs === null) return failed('exhausted')
      return { status: 'pending', reason: null, dueAt: nowMs + Math.max(waitMs, askedMs) }
    }
  }
}

function failureOf({ id, endpointId, attempts }: ClaimedDelivery, reason: string | null, nowMs: number) {
  const said = { delivery_id: id, endpoint_id: endpointId, attempts: attempts + 1, reason }
  return draftEvent('delivery.failed', said, nowMs)
}

function disablingOf({ owner, host, streak }: ClaimedDelivery, nowMs: number) {
  const { endpointId, apiKeyId } = owner
  const failing_since = streak === null ? null : new Date(streak.failingSince).toISOString()
  return endpointId === null
    ? draftEvent('callbacks.disabled', { api_key_id: apiKeyId, host, failing_since }, nowMs)
    : draftEvent('endpoint.disabled', { endpoint_id: endpointId, host, failing_since }, nowMs)
}
