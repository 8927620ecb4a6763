/** Lists the problems of a deployment, each with its meaning and its remedy. No I/O. No clock. */
import { conditions } from '../../alerts/conditions/all.ts'
import type { Condition } from '../../alerts/conditions/condition.ts'
import { type Figures, noFigures } from '../../alerts/figures.ts'
import type { AlertsView } from '../../api/alerts/view.ts'
import type { Checks } from '../../api/system/health-checks.ts'
import type { StatsView } from '../../api/system/stats-view.ts'
import { type Caller, mayDo } from '../../core/access.ts'
import { counted } from '../../core/format.ts'
import { active, bad, type Concern } from './concern.ts'
import { aboutProviders } from './providers.ts'

interface Situation {
  /** They cover the last 24 hours. */
  stats: StatsView
  /** Null: the caller does not see the whole deployment. */
  checks: Checks | 'unread' | null
  /** Null: the caller does not see them. */
  alerts: AlertsView | null
}

/** The broken parts first. The API has left out what the caller does not see. */
export function concernsOf({ stats, checks, alerts }: Situation, caller: Pick<Caller, 'scopes'>): Concern[] {
  const figures = figuresOf(stats, checks)
  const measured = conditions.flatMap((condition) => {
    const readings = condition.read(figures)
    return readings === null ? [] : [{ condition, readings }]
  })
  const found = measured.flatMap(({ condition, readings }) =>
    readings
      .filter(({ value }) => value >= condition.raiseAt)
      .map(({ title, text, links }) => ({
        name: condition.name,
        concern: { level: condition.level, title, text, links },
      })),
  )
  const names = new Set(found.map(({ name }) => name))
  const isShown = (name: string) => !(name === 'database_nearly_full' && names.has('database_full'))
  const concerns = [
    ...(checks === 'unread' ? [unreadChecks] : []),
    ...found.filter(({ name }) => isShown(name)).map(({ concern }) => concern),
    ...raisedBeside(
      measured.map(({ condition }) => condition),
      alerts,
    ),
    ...aboutSteps(stats),
    ...aboutProviders(stats),
  ]
  const mayOpen = ({ href }: Concern['links'][number]) =>
    mayDo(caller, 'deliveries') || !/^\/(?:deliveries|endpoints)/.test(href)
  return concerns
    .map((concern) => ({ ...concern, links: concern.links.filter(mayOpen) }))
    .sort((one, two) => Number(one.level !== 'bad') - Number(two.level !== 'bad'))
}

const unreadChecks = bad(
  'The health check failed',
  'It is not known whether the bucket, the queues and the sweep work. Load the page again, and look at GET /healthz?deep.',
)

function figuresOf({ now, webhooks, dead_letters }: StatsView, checks: Situation['checks']): Figures {
  const { jobs, deliveries, database, storage } = now
  const period = ' in the last 24 hours'
  return {
    ...noFigures,
    ...(checks !== null && checks !== 'unread' && figuresOfParts(checks)),
    jobs: {
      overdue: jobs.overdue,
      oldestOverdueSeconds: jobs.oldest_overdue_seconds,
      pastDeadline: jobs.past_deadline,
      ids: jobs.job_ids,
    },
    deliveries: {
      pending: deliveries.pending,
      overdue: deliveries.overdue,
      oldestOverdueSeconds: deliveries.oldest_overdue_seconds,
    },
    disabled: { endpoints: deliveries.disabled_endpoints, callbacks: deliveries.disabled_callbacks },
    deadLetters: { count: dead_letters, period },
    database: database && {
      bytes: database.bytes,
      maxBytes: database.max_bytes,
      fullest: database.share,
      emptiest: database.share,
    },
    missingObjects: storage === null ? null : storage.missing_objects,
    triedLast: now.tried_last,
    webhooks: {
      period,
      of: webhooks.map(({ provider, completed_via_webhook, completed_via_poll }) => ({
        provider,
        ended: completed_via_webhook + completed_via_poll,
        missed: completed_via_poll,
      })),
    },
  }
}

function figuresOfParts({
  database,
  bucket,
  queues,
  cron,
  purges,
}: Checks): Pick<Figures, 'parts' | 'oldestMessageSeconds'> {
  return {
    parts: {
      isDatabaseSlow: database.status === 'degraded',
      isBucketDown: bucket.status !== 'ok',
      areQueuesDown: queues.status !== 'ok',
      isCronDown: cron.status === 'degraded',
      latePurges: purges.status === 'degraded' ? (purges.waiting ?? 0) : 0,
    },
    oldestMessageSeconds: queues.status === 'ok' ? (queues.oldest_message_seconds ?? 0) : null,
  }
}

/** The raised alerts whose conditions the page does not measure by itself. */
function raisedBeside(measured: readonly Condition[], alerts: AlertsView | null): Concern[] {
  const names = new Set(measured.map(({ name }) => name))
  return (alerts?.data ?? [])
    .filter(({ state, condition }) => state === 'raised' && !names.has(condition))
    .map(({ level, title, text, page }) => ({
      level,
      title,
      text,
      links: page === '/' ? [] : [{ href: page, text: 'Open' }],
    }))
}

function aboutSteps({ now: { jobs } }: StatsView): Concern[] {
  if (jobs.lease_expired === 0) return []
  const links = jobs.job_ids.map((id) => ({ href: `/jobs/${id}`, text: id }))
  return [
    active(
      `${counted(jobs.lease_expired, 'step')} did not finish`,
      'The Worker stopped during a step of these jobs. The sweep repeats it, and buys nothing twice. If the number stays, look for errors in the log.',
      jobs.past_deadline > 0 || jobs.overdue > 0 ? [] : links,
    ),
  ]
}
