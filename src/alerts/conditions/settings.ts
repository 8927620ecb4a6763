/** Budgets of API keys, and settings that do not fit. No I/O. */
import { formatUsd, percent } from '../../core/format.ts'
import { inUsd } from '../../core/job/spending.ts'
import type { Figures } from '../figures.ts'
import { type Condition, trueOrNot, wholeDeployment } from './condition.ts'

const budget = {
  kind: 'state',
  unit: 'share',
  runbook: 'A budget is nearly spent',
} as const

export const settingConditions: Condition[] = [
  {
    ...budget,
    name: 'budget_spent',
    level: 'bad',
    raiseAt: 1,
    clearBelow: 0.98,
    read: ({ budgets }) =>
      readBudgets(
        budgets,
        'The budget of a key is spent',
        'Its further jobs are refused until the month ends.',
      ),
  },
  {
    ...budget,
    name: 'budget_nearly_spent',
    level: 'active',
    raiseAt: 0.8,
    clearBelow: 0.75,
    read: ({ budgets }) =>
      readBudgets(
        budgets,
        'The budget of a key is nearly spent',
        'From 100 % on, its jobs are refused until the month ends.',
      ),
  },
  {
    ...trueOrNot,
    name: 'no_provider',
    level: 'bad',
    runbook: null,
    read: ({ settings }) =>
      wholeDeployment(settings === null ? undefined : !settings.hasProvider, [
        'No provider has an API key',
        'Every job is refused. Set the API key of a provider and deploy again.',
      ]),
  },
  {
    ...trueOrNot,
    name: 'url_guard_off',
    level: 'bad',
    runbook: null,
    read: ({ settings }) =>
      wholeDeployment(settings === null ? undefined : !settings.isGuarded, [
        'The URL guard is off',
        'ALLOW_PRIVATE_NETWORK is on, so callers can make the Worker call private addresses. Turn it off on a public Worker.',
      ]),
  },
]

function readBudgets(budgets: Figures['budgets'], title: string, consequence: string) {
  return (
    budgets?.map(({ keyId, name, usedMicros, budgetMicros }) => {
      const share = budgetMicros === 0 ? 1 : usedMicros / budgetMicros
      return {
        subject: keyId,
        value: share,
        title: `${title}: ${name}`,
        text: `${formatUsd(inUsd(usedMicros))} of ${formatUsd(inUsd(budgetMicros))}, ${percent(share)}, are used this month, with what its open jobs may cost. ${consequence}`,
        links: [{ href: '/keys', text: 'Keys' }],
      }
    }) ?? null
  )
}
