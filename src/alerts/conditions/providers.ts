/** Providers that lose webhooks or fail. No I/O. */
import { formatCount, percent } from '../../core/format.ts'
import { minTasks } from '../limits.ts'
import type { Condition } from './condition.ts'

export const providerConditions: Condition[] = [
  {
    name: 'webhook_loss',
    level: 'active',
    kind: 'state',
    unit: 'share',
    raiseAt: 0.1,
    clearBelow: 0.05,
    runbook: 'Webhooks are lost',
    read: ({ webhooks }) =>
      webhooks?.of
        .filter(({ ended }) => ended >= minTasks)
        .map(({ provider, ended, missed }) => ({
          subject: provider,
          value: missed / ended,
          title: `${provider} missed ${percent(missed / ended)} of its webhooks${webhooks.period}`,
          text: 'Polls found the ends, so no job is lost, but jobs end later. Check that the provider reaches PUBLIC_BASE_URL: a firewall must let POST /webhooks/ pass.',
          links: [{ href: `/jobs?provider=${provider}`, text: `Jobs at ${provider}` }],
        })) ?? null,
  },
  {
    name: 'provider_failing',
    level: 'bad',
    kind: 'state',
    unit: 'share',
    raiseAt: 0.5,
    clearBelow: 0.25,
    runbook: 'A provider is down',
    read: ({ tasks }) =>
      tasks?.of
        .map((one) => ({ ...one, ended: one.succeeded + one.failed }))
        .filter(({ ended }) => ended >= minTasks)
        .map(({ provider, ended, failed }) => ({
          subject: provider,
          value: failed / ended,
          title: `${provider} fails: ${formatCount(failed)} of ${formatCount(ended)} tasks${tasks.period}`,
          text: 'Refused prompts are not counted. Open a failed job: its fault says whether the account, the credit or the provider is the cause. Jobs that allow another provider use it.',
          links: [{ href: `/jobs?status=failed&provider=${provider}`, text: `Failed jobs at ${provider}` }],
        })) ?? null,
  },
]
