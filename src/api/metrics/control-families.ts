/** Receivers, storage, budgets, alerts and queues. Each is read apart. */
import type { DisabledCount } from '../../store/deliveries/disabled.ts'
import type { BudgetUse } from '../../store/reports/budget-use.ts'
import { ageOf, gauge, secondsGauge } from './gauge.ts'
import type { Readings } from './readings.ts'
import type { Family } from './text.ts'

export function controlFamilies(readings: Readings): Family[] {
  const { disabled, reconciliation, budgets, alerts, waiting, nowMs } = readings
  const finishedAt = reconciliation?.last?.finishedAt
  return [
    ...(disabled === null ? [] : [disabledFamily(disabled)]),
    ...(finishedAt === undefined ? [] : [comparedFamily(finishedAt)]),
    ...(budgets === null ? [] : budgetFamilies(budgets)),
    ...(alerts === null ? [] : [alertFamily(alerts)]),
    ...(waiting === null ? [] : queueFamilies(waiting, nowMs)),
  ]
}

function disabledFamily({ endpoints, callbacks }: DisabledCount): Family {
  return gauge('receivers_disabled', 'Receivers that failures disabled.', [
    { labels: { kind: 'endpoint' }, value: endpoints },
    { labels: { kind: 'callback_host' }, value: callbacks },
  ])
}

function comparedFamily(finishedAt: number): Family {
  const help = 'When the last daily comparison of R2 with the database ended, as Unix time.'
  return secondsGauge('storage_compared_timestamp_seconds', help, finishedAt / 1_000)
}

/** No key is named: a label with its id would grow with the number of keys. */
function budgetFamilies({ keys, nearlyUsed, used }: BudgetUse): Family[] {
  return [
    gauge('budget_keys', 'API keys with a monthly budget.', keys),
    gauge('budget_keys_nearly_used', 'Those that have used 80 % or more of it this month.', nearlyUsed),
    gauge('budget_keys_used', 'Those that have used all of it this month.', used),
  ]
}

function alertFamily(raised: ReadonlyMap<string, number>): Family {
  const samples = [...raised].sort().map(([alert, value]) => ({ labels: { alert }, value }))
  return gauge('alerts_raised', 'Alerts that are raised now, by kind.', samples)
}

function queueFamilies({ count, oldestAt }: NonNullable<Readings['waiting']>, nowMs: number): Family[] {
  return [
    gauge('queue_messages', 'Messages that wait in all queues.', count),
    secondsGauge('queue_age_seconds', 'Age of the oldest of them. 0: none.', ageOf(oldestAt, nowMs)),
  ]
}
