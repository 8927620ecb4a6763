/** Makes the figures of what is measured: each minute what is cheap, every fifth minute all. */

import type { Context } from '../context.ts'
import { everyProject } from '../core/access.ts'
import { databaseSizeOf } from '../core/database-size.ts'
import { monthOf } from '../core/job/spending.ts'
import type { ProviderName } from '../core/request/choices.ts'
import { hours } from '../core/schedule/units.ts'
import { offeredProviders } from '../providers/index.ts'
import { readTriedLast } from '../store/choice/known.ts'
import { countDisabled } from '../store/deliveries/disabled.ts'
import { nextDayOf } from '../store/exports/nightly.ts'
import { readBudgets } from '../store/reports/budgets.ts'
import { countRecent, type RecentCount } from '../store/reports/recent-tasks.ts'
import { findTroubledLanes, type TroubledLane } from '../store/reports/troubled-lanes.ts'
import { type Figures, noFigures } from './figures.ts'
import { isPurgeLate, isSwept, slowMs } from './limits.ts'
import { type Measured, measure } from './measure.ts'

/** Shares are those of the tasks of jobs that were created in these hours. */
const shareHours = 6
const period = ` in the last ${shareHours} hours`
const maxLanes = 50

interface AllFigures {
  figures: Figures
  /** By hour, because the alerts count those since the last message. Null: not measured this time. */
  deadLetters: { hourAt: number; count: number }[] | null
}

export async function readFigures(context: Context, everyMinutes: 1 | 5): Promise<AllFigures> {
  if (everyMinutes === 1)
    return { figures: figuresOf(await measure(context), context.now()), deadLetters: null }
  const { db, databases, config, now } = context
  const providers = offeredProviders(context.providers)
  const nowMs = now()
  const [measured, recent, tried, lanes, disabled, budgets, exportedNext] = await Promise.all([
    measure(context),
    countRecent(databases, nowMs - 24 * hours),
    readTriedLast(databases, nowMs),
    findTroubledLanes(context, null, { after: null, limit: maxLanes }, nowMs),
    countDisabled(db, everyProject),
    readBudgets(db, monthOf(nowMs)),
    config.nightlyExport ? nextDayOf(db) : null,
  ])
  const lately = recent.filter(({ hourAt }) => hourAt > nowMs - shareHours * hours)
  const withWebhooks = providers.filter(({ parseWebhook }) => parseWebhook !== undefined)
  return {
    figures: {
      ...figuresOf(measured, nowMs),
      disabled,
      webhooks: { period, of: withWebhooks.map(({ name }) => endsAt(name, lately)) },
      tasks: { period, of: providers.map(({ name }) => tasksAt(name, lately)) },
      triedLast: tried,
      hosts: downHosts(lanes.lanes, nowMs),
      budgets,
      nightlyExport: { lateDay: lateDayOf(exportedNext, nowMs) },
      settings: {
        hasProvider: providers.length > 0,
        // On a local machine the guard is off on purpose.
        isGuarded: config.reach === 'public' || !config.publicBaseUrl.startsWith('https:'),
      },
    },
    deadLetters: deadLettersOf(recent),
  }
}

/** The export of a day should be done at 12:00 of the next one. */
function lateDayOf(nextDayAt: number | null, nowMs: number): string | null {
  return nextDayAt === null || nowMs < nextDayAt + 36 * hours
    ? null
    : new Date(nextDayAt).toISOString().slice(0, 10)
}

/** From the measurements of the health call. */
function figuresOf({ database, sizes, bucket, queues }: Measured, nowMs: number): Figures {
  const seconds = (at: number | null) => (at === null ? null : Math.round((nowMs - at) / 1_000))
  const parts = {
    isDatabaseSlow: database.ok && database.ms > slowMs,
    isBucketDown: !bucket.ok || bucket.ms > slowMs,
    areQueuesDown: !queues.ok,
  }
  const figures = {
    ...noFigures,
    database: sizes.ok ? viewSizes(sizes.value) : null,
    oldestMessageSeconds: queues.ok ? (seconds(queues.value.oldestAt) ?? 0) : null,
  }
  if (!database.ok) return figures
  const { jobs, deliveries, lost, purges } = database.value
  return {
    ...figures,
    jobs: {
      overdue: jobs.overdue,
      oldestOverdueSeconds: seconds(jobs.oldestDueAt),
      pastDeadline: jobs.beyondDeadline,
      ids: jobs.first,
    },
    deliveries: {
      pending: deliveries.pending,
      overdue: deliveries.overdue,
      oldestOverdueSeconds: seconds(deliveries.oldestDueAt),
    },
    missingObjects: lost,
    parts: {
      ...parts,
      isCronDown: !isSwept(database.value, queues.ok ? queues.value.count : null, nowMs),
      latePurges: isPurgeLate(purges, nowMs) ? purges.waiting : 0,
    },
  }
}

function viewSizes(sizes: number[]): Figures['database'] {
  const { bytes, maxBytes } = databaseSizeOf(...sizes)
  const shares = sizes.map((size) => databaseSizeOf(size).share)
  return { bytes, maxBytes, fullest: Math.max(...shares), emptiest: Math.min(...shares) }
}

function endsAt(provider: ProviderName, counts: RecentCount[]) {
  const missed = sumOf(counts, provider, 'via_poll')
  return { provider, ended: missed + sumOf(counts, provider, 'via_webhook'), missed }
}

function tasksAt(provider: ProviderName, counts: RecentCount[]) {
  const [succeeded, failed] = [
    sumOf(counts, provider, 'tasks_succeeded'),
    sumOf(counts, provider, 'tasks_failed'),
  ]
  return { provider, succeeded, failed }
}

function sumOf(counts: RecentCount[], provider: ProviderName, name: RecentCount['name']): number {
  return counts.reduce((sum, one) => (one.provider === provider && one.name === name ? sum + one.n : sum), 0)
}

function deadLettersOf(counts: RecentCount[]): { hourAt: number; count: number }[] {
  const dead = counts.filter(({ name }) => name === 'dead_lettered')
  return [...Map.groupBy(dead, ({ hourAt }) => hourAt)].map(([hourAt, rows]) => ({
    hourAt,
    count: rows.reduce((sum, { n }) => sum + n, 0),
  }))
}

/** A host is down for the longest time in which one of its lanes is. */
function downHosts(lanes: TroubledLane[], nowMs: number): NonNullable<Figures['hosts']> {
  const down = lanes.filter(({ isDown }) => isDown)
  return [...Map.groupBy(down, ({ host }) => host)].map(([host, ofHost]) => ({
    host,
    downSeconds: Math.round(
      Math.max(...ofHost.map(({ failingSince }) => nowMs - (failingSince ?? nowMs))) / 1_000,
    ),
    waiting: ofHost.reduce((sum, { waiting }) => sum + waiting, 0),
  }))
}
