/** The requests that callers received, compared with the deliveries and attempts in D1. */
import { deliveryWaitsMs } from '../../../src/core/schedule/deliveries.ts'
import { isUnreachable } from '../../support/platform/unreachable.ts'
import { acceptsFinally, retryAfterSeconds } from '../world/callers.ts'
import type { Case, Evidence } from './evidence.ts'
import { forEach, type Law } from './law.ts'

export function lawsOfNotifications({ cases, strayRequests }: Evidence): Law[] {
  const withCallback = cases.filter(({ plan }) => plan.behavior !== null)
  const withoutCallback = cases.filter(({ plan }) => plan.behavior === null)
  return [
    forEach('every caller is notified, under one webhook-id', withCallback, faultsOfNotification),
    forEach('every delivery ends as the caller responded', withCallback, faultsOfDelivery),
    forEach('every retry waits for the schedule and for Retry-After', withCallback, faultsOfWaits),
    forEach('a job without a callback URL notifies nobody', withoutCallback, ({ received, rows }) =>
      received.length + rows.deliveries.length === 0 ? [] : ['a notification exists'],
    ),
    {
      name: 'no redirect is followed',
      checked: withCallback.filter(({ plan }) => plan.behavior?.startsWith('redirect')).length,
      breaches: strayRequests.filter((request) => !request.includes('/trap')),
    },
  ]
}

export function faultsOfNotification({ id, received, rows }: Case): string[] {
  const [job] = rows.jobs
  const [first] = received
  if (first === undefined) return ['the caller received nothing']
  const event = JSON.parse(first.body)
  const ids = new Set(received.map(({ eventId }) => eventId))
  const bodies = new Set(received.map(({ body }) => body))
  const isItsEvent = event.type === `job.${job?.status}` && event.data.id === id
  return [
    ...(ids.size === 1 ? [] : [`the caller received ${ids.size} webhook-ids`]),
    ...(bodies.size === 1 ? [] : [`the caller received ${bodies.size} different bodies`]),
    ...(received.every(({ isVerified }) => isVerified) ? [] : ['a signature does not verify']),
    ...(isItsEvent ? [] : [`the caller received ${event.type}`]),
  ]
}

function faultsOfDelivery({ plan, rows, attempts, received }: Case): string[] {
  const [delivery, ...others] = rows.deliveries
  if (delivery === undefined || others.length > 0) return [`has ${rows.deliveries.length} deliveries`]
  const isAccepted = plan.behavior !== null && acceptsFinally(plan.behavior)
  const isGivenUp = attempts.length === deliveryWaitsMs.length || attempts.at(-1)?.status === 410
  // The platform's own status is no response of the caller.
  const responses = attempts.filter(({ status }) => status !== null && !isUnreachable(Number(status))).length
  return [
    ...(delivery.status === (isAccepted ? 'delivered' : 'failed') ? [] : [`ended as ${delivery.status}`]),
    ...(isAccepted || isGivenUp ? [] : [`gave up after ${attempts.length} attempts`]),
    ...(delivery.attempts === attempts.length ? [] : ['an attempt has no row']),
    ...(responses <= received.length ? [] : ['an attempt has a response, but the caller did not receive it']),
  ]
}

function faultsOfWaits({ attempts }: Case): string[] {
  return attempts.flatMap((attempt, index) => {
    const next = attempts[index + 1]
    if (next === undefined) return []
    // A wait may be up to 20 % shorter: jitter.
    const scheduledMs = (deliveryWaitsMs[index + 1] ?? 0) * 0.8
    const retryAfterMs = attempt.status === 429 ? retryAfterSeconds * 1_000 : 0
    const waitedMs = Number(next.started_at) - Number(attempt.started_at)
    return waitedMs >= Math.max(scheduledMs, retryAfterMs)
      ? []
      : [`attempt ${next.n} came after ${waitedMs / 1_000} s`]
  })
}
