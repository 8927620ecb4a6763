/** The counters and histograms: the totals of all jobs that ever ended. */
import { bucketGrowth } from '../../core/histogram.ts'
import { isSettled, jobStatuses } from '../../core/job/job.ts'
import { completionSources } from '../../core/job/task.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { deadLettered } from '../../store/jobs/counters.ts'
import type { Total } from '../../store/upkeep/totals.ts'
import type { Family, Sample } from './text.ts'

/**
 * The buckets of the histograms end where every fourth stored one begins: each is about twice as wide as the one before, from
 * half a second to four hours.
 */
const bounds = Array.from({ length: 15 }, (_, n) => 34 + 4 * n)

export function totalsFamilies(totals: readonly Total[], configured: readonly ProviderName[]): Family[] {
  const providers = [...new Set([...configured, ...totals.map(({ provider }) => provider)])].sort()
  const counts = new Map<string, number>()
  for (const { provider, name, n } of totals)
    counts.set(`${provider} ${name}`, (counts.get(`${provider} ${name}`) ?? 0) + n)
  const total = (provider: ProviderName, name: string) => counts.get(`${provider} ${name}`) ?? 0
  const perProvider = (make: (provider: ProviderName) => Sample[]) => providers.flatMap(make)
  const one = (name: string, unit = 1) =>
    perProvider((provider) => [{ labels: { provider }, value: total(provider, name) / unit }])
  const histogram = (prefix: string) => perProvider((provider) => histogramOf(provider, totals, prefix))

  return [
    {
      name: 'reelhook_jobs_ended',
      type: 'counter',
      help: 'Jobs that ended, by the provider that made them last, and their final status.',
      samples: perProvider((provider) =>
        jobStatuses
          .filter(isSettled)
          .map((status) => ({ labels: { provider, status }, value: total(provider, status) })),
      ),
    },
    {
      name: 'reelhook_jobs_failed',
      type: 'counter',
      help: 'Jobs that failed, by the code of their fault.',
      samples: perProvider((provider) =>
        [...new Set(totals.map(({ name }) => name))]
          .filter((name) => name.startsWith('fault_') && counts.has(`${provider} ${name}`))
          .sort()
          .map((name) => ({
            labels: { provider, code: name.slice('fault_'.length) },
            value: total(provider, name),
          })),
      ),
    },
    {
      name: 'reelhook_job_time_to_finish_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Time of succeeded jobs from creation to end. The sum is at most 10 % off.',
      samples: histogram('finish_'),
    },
    {
      name: 'reelhook_tasks_ended',
      type: 'counter',
      help: 'Tasks at providers, by what showed their end first. At a provider with webhooks, poll means that the webhook was lost or late.',
      samples: perProvider((provider) =>
        completionSources.map((via) => ({
          labels: { provider, via },
          value: total(provider, `via_${via}`),
        })),
      ),
    },
    {
      name: 'reelhook_webhook_delay_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Time from a webhook of a provider to the end of its task. The sum is at most 10 % off.',
      samples: histogram('delay_'),
    },
    {
      name: 'reelhook_webhook_late_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Time from the end of a task that a poll found to its webhook. The sum is at most 10 % off.',
      samples: histogram('late_'),
    },
    {
      name: 'reelhook_cost_usd',
      type: 'counter',
      unit: 'usd',
      help: 'Costs that providers reported in US dollars before the end of the job.',
      samples: one('usd', 1e6),
    },
    {
      name: 'reelhook_cost_credits',
      type: 'counter',
      unit: 'credits',
      help: 'Costs that providers reported in their own credits before the end of the job.',
      samples: one('credits', 1e6),
    },
    {
      name: 'reelhook_tasks_cost_unreported',
      type: 'counter',
      help: 'Succeeded tasks without a reported cost or a published price.',
      samples: one('unreported'),
    },
    {
      name: 'reelhook_dead_letters',
      type: 'counter',
      help: 'Queue messages that failed in all their attempts, by the provider of the job.',
      samples: one(deadLettered),
    },
  ]
}

function histogramOf(provider: ProviderName, totals: readonly Total[], prefix: string): Sample[] {
  const stored = totals
    .filter((total) => total.provider === provider && total.name.startsWith(prefix))
    .map(({ name, n }) => ({ bucket: Number(name.slice(prefix.length)), n }))
  const below = (bound: number) => stored.reduce((sum, { bucket, n }) => (bucket < bound ? sum + n : sum), 0)
  const count = below(Number.POSITIVE_INFINITY)
  const sumMs = stored.reduce((sum, { bucket, n }) => sum + n * bucketGrowth ** (bucket + 0.5), 0)
  return [
    ...bounds.map(
      (bound): Sample => ({ suffix: '_bucket', labels: { provider, le: leOf(bound) }, value: below(bound) }),
    ),
    { suffix: '_bucket', labels: { provider, le: '+Inf' }, value: count },
    { suffix: '_count', labels: { provider }, value: count },
    { suffix: '_sum', labels: { provider }, value: Math.round(sumMs) / 1_000 },
  ]
}

/** The end of a bucket in seconds, as OpenMetrics writes a float: with a decimal point. */
function leOf(bound: number): string {
  const seconds = String(Number((bucketGrowth ** bound / 1_000).toPrecision(3)))
  return seconds.includes('.') ? seconds : `${seconds}.0`
}
