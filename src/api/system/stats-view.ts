/** The statistics as the API shows them. */
import type { z } from '@hono/zod-openapi'
import type { TriedLast } from '../../core/choice/refusals.ts'
import { databaseSizeOf } from '../../core/database-size.ts'
import { faults } from '../../core/fault-codes.ts'
import type { Limits } from '../../core/job/concurrency.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import type { DisabledCount } from '../../store/deliveries/disabled.ts'
import type { Backlog, SlotCount } from '../../store/reports/backlog.ts'
import type { LastReconciliation } from '../../store/reports/reconciliation.ts'
import type { Stats } from '../../store/reports/stats.ts'
import { viewSize } from './health-checks.ts'
import type { statsSchema } from './stats-schema.ts'

export interface Counts {
  stats: Stats
  backlog: Backlog
  slots: SlotCount[]
  triedLast: TriedLast[]
  disabled: DisabledCount
  reconciliation: LastReconciliation | null
  /** One for each database. */
  databaseBytes: readonly number[]
}

export type StatsView = z.infer<typeof statsSchema>

interface Deployment {
  webhookProviders: ProviderName[]
  limits: Limits
  nowMs: number
}

export function viewStats(
  { stats, backlog, slots, triedLast, disabled, reconciliation, databaseBytes }: Counts,
  { webhookProviders, limits, nowMs }: Deployment,
): StatsView {
  return {
    since: new Date(stats.sinceMs).toISOString(),
    until: new Date(nowMs).toISOString(),
    jobs_counted: stats.jobs.reduce((sum, { count }) => sum + count, 0),
    jobs: stats.jobs,
    time_to_finish: stats.finished.map(({ provider, model, count, p50, p95 }) => ({
      provider,
      model,
      count,
      p50_seconds: p50 / 1_000,
      p95_seconds: p95 / 1_000,
    })),
    webhooks: webhookProviders.map((provider) => viewWebhooks(provider, stats)),
    costs: stats.tasks.map(({ provider, usd, credits, unreported }) => ({
      provider,
      amount_usd: rounded(usd),
      credits: rounded(credits),
      unreported_count: unreported,
    })),
    dead_letters: stats.deadLetters,
    now: {
      ...viewBacklog(backlog, disabled, nowMs),
      slots: slots.flatMap(({ provider, taken, waiting }) => {
        const limit = limits[provider]
        return limit === undefined ? [] : [{ provider, limit, in_use: taken, waiting }]
      }),
      tried_last: triedLast.map(viewTriedLast),
      database: viewSize(databaseSizeOf(...databaseBytes)),
      storage: { missing_objects: backlog.lost, last_reconciliation: viewReconciliation(reconciliation) },
    },
  }
}

/** Without the numbers of the whole deployment. */
export function ofProject(view: StatsView): StatsView {
  return { ...view, now: { ...view.now, slots: [], database: null, storage: null } }
}

function viewTriedLast({ provider, model, sinceMs, untilMs, fault }: TriedLast) {
  return {
    provider,
    model,
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    fault,
    remedy: faults[fault].remedy,
  }
}

function viewWebhooks(provider: ProviderName, { tasks, webhookDelays }: Stats) {
  const { completedViaWebhook = 0, completedViaPoll = 0 } =
    tasks.find((counts) => counts.provider === provider) ?? {}
  const delays = webhookDelays.filter((delay) => delay.provider === provider)
  const first = delays.find(({ completedVia }) => completedVia === 'webhook')
  const late = delays.find(({ completedVia }) => completedVia === 'poll')
  const ended = completedViaWebhook + completedViaPoll
  return {
    provider,
    completed_via_webhook: completedViaWebhook,
    completed_via_poll: completedViaPoll,
    missed_rate: ended === 0 ? null : completedViaPoll / ended,
    delay_p50_seconds: inSeconds(first?.p50),
    delay_p95_seconds: inSeconds(first?.p95),
    late_count: late?.count ?? 0,
    late_p50_seconds: inSeconds(late?.p50),
    late_p95_seconds: inSeconds(late?.p95),
  }
}

function viewBacklog({ jobs, deliveries }: Backlog, disabled: DisabledCount, nowMs: number) {
  const age = (at: number | null) => (at === null ? null : (nowMs - at) / 1_000)
  return {
    jobs: {
      overdue: jobs.overdue,
      oldest_overdue_seconds: age(jobs.oldestDueAt),
      lease_expired: jobs.leaseExpired,
      past_deadline: jobs.beyondDeadline,
      job_ids: jobs.first,
    },
    deliveries: {
      pending: deliveries.pending,
      oldest_pending_seconds: age(deliveries.oldestCreatedAt),
      overdue: deliveries.overdue,
      oldest_overdue_seconds: age(deliveries.oldestDueAt),
      disabled_endpoints: disabled.endpoints,
      disabled_callbacks: disabled.callbacks,
    },
  }
}

function viewReconciliation(last: LastReconciliation | null) {
  if (last === null) return null
  return {
    finished_at: new Date(last.finishedAt).toISOString(),
    objects_checked: last.objects,
    rows_checked: last.rows,
    orphans_deleted: last.removed,
  }
}

export function inSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1_000
}

// Sums of binary fractions end in noise.
export function rounded(amount: number | null): number | null {
  return amount === null ? null : Math.round(amount * 1e6) / 1e6
}
