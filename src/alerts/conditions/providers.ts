/** Providers that lose webhooks, fail, or refuse submissions. No I/O. */
import { faults } from '../../core/fault-codes.ts'
import { formatCount, percent } from '../../core/format.ts'
import { minTasks } from '../limits.ts'
import { type Condition, trueOrNot } from './condition.ts'

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
  {
    name: 'provider_tried_last',
    level: 'active',
    ...trueOrNot,
    runbook: 'A provider is down',
    read: ({ triedLast }) =>
      triedLast?.map(({ provider, model, fault }) => ({
        subject: model === null ? provider : `${provider} ${model}`,
        value: 1,
        title: `${provider} is tried last${model === null ? '' : ` for ${model}`}: ${fault}`,
        text: `It refuses submissions, so jobs that do not name a provider try the others first. ${faults[fault].remedy} One accepted submission gives it its place back.`,
        links: [{ href: `/jobs?provider=${provider}`, text: `Jobs at ${provider}` }],
      })) ?? null,
  },
]
