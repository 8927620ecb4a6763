/** The work that is open now. */
import type { TriedLast } from '../../core/choice/refusals.ts'
import type { Limits } from '../../core/job/concurrency.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { type Backlog, maxCounted, type SlotCount } from '../../store/reports/backlog.ts'
import { maxRecentDeliveries, type RecentDeliveries } from '../../store/reports/recent-deliveries.ts'
import { maxUnsettledCounted, type Stats } from '../../store/reports/stats.ts'
import { ageOf, gauge, secondsGauge } from './gauge.ts'
import type { Family } from './text.ts'

const upTo = `Counted up to ${maxCounted} in each database.`

export function unsettledFamily(unsettled: Stats['jobs']): Family {
  const samples = unsettled.map(({ provider, status, count }) => ({
    labels: { provider, status },
    value: count,
  }))
  const limit = `${maxUnsettledCounted} of each status, provider and model in each database`
  return gauge('jobs', `Jobs that have not ended. Counted up to ${limit}.`, samples)
}

export function backlogFamilies(backlog: Backlog, nowMs: number): Family[] {
  const { jobs, deliveries, deadLetters, lost, purges } = backlog
  return [
    gauge('jobs_overdue', `Jobs whose next step is overdue. ${upTo}`, jobs.overdue),
    secondsGauge(
      'jobs_overdue_age_seconds',
      'How long the first of them is overdue. 0: none.',
      ageOf(jobs.oldestDueAt, nowMs),
    ),
    gauge('jobs_lease_expired', 'Overdue jobs whose last step did not finish.', jobs.leaseExpired),
    gauge('jobs_past_deadline', 'Jobs that have not ended long after their deadline.', jobs.beyondDeadline),
    gauge('deliveries_pending', `Deliveries that have not ended. ${upTo}`, deliveries.pending),
    secondsGauge(
      'deliveries_pending_age_seconds',
      'Age of the oldest of them. 0: none.',
      ageOf(deliveries.oldestCreatedAt, nowMs),
    ),
    gauge('deliveries_retrying', 'Pending deliveries with a failed attempt.', deliveries.retrying),
    gauge(
      'deliveries_parked',
      'Pending deliveries that wait because their host is down or busy.',
      deliveries.parked,
    ),
    gauge('deliveries_overdue', 'Pending deliveries whose next attempt is overdue.', deliveries.overdue),
    secondsGauge(
      'deliveries_overdue_age_seconds',
      'How long the first of them is overdue. 0: none.',
      ageOf(deliveries.oldestDueAt, nowMs),
    ),
    gauge('dead_letters_open', 'Dead letters about work that is overdue.', deadLetters),
    gauge('storage_missing_objects', 'Stored videos and assets whose object is missing in R2.', lost),
    gauge('purges_waiting', 'Erased files whose copies in the cache are not purged yet.', purges.waiting),
    secondsGauge('purges_age_seconds', 'Age of the oldest of them. 0: none.', ageOf(purges.oldestAt, nowMs)),
  ]
}

export function recentFamilies({ delivered, failed }: RecentDeliveries): Family[] {
  const limit = `Counted up to ${maxRecentDeliveries} in each database.`
  return [
    gauge(
      'deliveries_delivered_10m',
      `Deliveries that were made in the last 10 minutes and accepted. ${limit}`,
      delivered,
    ),
    gauge(
      'deliveries_failed_4d',
      `Deliveries that were made in the last 4 days and failed for good. ${limit}`,
      failed,
    ),
  ]
}

export function slotFamilies(slots: readonly SlotCount[], limits: Limits): Family[] {
  const limited = slots.flatMap(({ provider, ...counts }) => {
    const limit = limits[provider]
    return limit === undefined ? [] : [{ labels: { provider }, limit, ...counts }]
  })
  const each = (name: 'limit' | 'taken' | 'waiting') =>
    limited.map(({ labels, ...counts }) => ({ labels, value: counts[name] }))
  return [
    gauge('slots_in_use', 'Running tasks at a provider with a limit.', each('taken')),
    gauge('slots_limit', 'The largest number of running tasks at a provider.', each('limit')),
    gauge(
      'jobs_waiting_for_slot',
      `Jobs that wait for a slot at a provider. Counted up to ${maxCounted}.`,
      each('waiting'),
    ),
  ]
}

export function triedLastFamily(found: readonly TriedLast[], providers: readonly ProviderName[]): Family {
  const samples = providers.map((provider) => ({
    labels: { provider },
    value: found.some((one) => one.provider === provider) ? 1 : 0,
  }))
  return gauge('provider_tried_last', '1: it refuses submissions repeatedly, of one model at least.', samples)
}
