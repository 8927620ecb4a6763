/** Lists the problems of the platform, the storage and the providers. No I/O. No clock. */
import type { Checks } from '../../api/system/health-checks.ts'
import type { StatsView } from '../../api/system/stats-view.ts'
import { formatBytes } from '../../core/format.ts'
import { active, bad, type Concern, counted, percent } from './concern.ts'

const nearlyFullShare = 0.7
const fullShare = 0.9
const missedShare = 0.1
/** Fewer tasks say nothing about the share of missed webhooks. */
const minEndedTasks = 10

export function aboutParts({ database, bucket, queues, cron, purges }: Checks): Concern[] {
  const found: Concern[] = []
  if (database.status === 'degraded')
    found.push(
      active('The database is slow', 'It took more than two seconds to respond. Look at its load in D1.'),
    )
  if (bucket.status !== 'ok')
    found.push(
      bad(
        'The bucket does not respond in time',
        'Videos cannot be stored or opened. Jobs wait and continue by themselves. Check R2 and the binding BUCKET.',
      ),
    )
  if (queues.status !== 'ok')
    found.push(
      bad(
        'The queues do not respond',
        'Only the sweep wakes jobs now, once a minute. Check the queues of the Worker.',
      ),
    )
  if (cron.status === 'degraded')
    found.push(
      bad(
        'The sweep does not run',
        'Work is long overdue, and no message for it waits. Check the cron trigger of the Worker and its log.',
      ),
    )
  if (purges.status === 'degraded')
    found.push(
      active(
        'Erased files may still be in the cache',
        `${counted(purges.waiting ?? 0, 'purge')} waiting for more than an hour. Look for errors of purges in the log.`,
      ),
    )
  return found
}

export function aboutStorage({ now: { database, storage } }: StatsView): Concern[] {
  const found: Concern[] = []
  if (database !== null && database.share >= nearlyFullShare) {
    const { bytes, max_bytes, share } = database
    const used = `${formatBytes(bytes)} of ${formatBytes(max_bytes)}, ${percent(share)}, are used.`
    const todo = 'Erase old jobs, shorten PRUNE_AFTER_DAYS, or add a database.'
    found.push(
      share >= fullShare
        ? bad('The database is full', `${used} New jobs are refused; accepted ones still end. ${todo}`)
        : active(
            'The database is nearly full',
            `${used} From ${percent(fullShare)} on, new jobs are refused. ${todo}`,
          ),
    )
  }
  if (storage !== null && storage.missing_objects > 0)
    found.push(
      bad(
        `${counted(storage.missing_objects, 'stored file')} missing in the bucket`,
        'The database has them and the bucket does not. Look for a rule or a person that deletes objects there, and find them by output.lost and asset.lost in the log.',
      ),
    )
  return found
}

export function aboutProviders({ now: { slots }, webhooks, costs }: StatsView): Concern[] {
  const found: Concern[] = []
  for (const { provider, limit, in_use, waiting } of slots)
    if (waiting > 0 && in_use >= limit)
      found.push(
        active(
          `${counted(waiting, 'job')} waiting for a slot at ${provider}`,
          `All ${limit} are taken. If your account allows more tasks at once, raise ${provider.toUpperCase()}_MAX_CONCURRENT.`,
          [{ href: `/jobs?status=queued&provider=${provider}`, text: 'Queued jobs' }],
        ),
      )
  for (const { provider, missed_rate, completed_via_webhook, completed_via_poll } of webhooks)
    if (completed_via_webhook + completed_via_poll >= minEndedTasks && (missed_rate ?? 0) >= missedShare)
      found.push(
        active(
          `${provider} missed ${percent(missed_rate ?? 0)} of its webhooks in the last 24 hours`,
          'Polls found the ends, so no job is lost, but jobs end later. Check that the provider reaches PUBLIC_BASE_URL: a firewall must let POST /webhooks/ pass.',
          [{ href: `/jobs?provider=${provider}`, text: `Jobs at ${provider}` }],
        ),
      )
  for (const { provider, unreported_count } of costs)
    if (unreported_count > 0)
      found.push(
        active(
          `${counted(unreported_count, 'task')} of ${provider} without a reported cost`,
          "Their costs are estimates, and the money below is without them. Compare them with the provider's invoice.",
          [{ href: `/jobs?status=succeeded&provider=${provider}`, text: `Jobs at ${provider}` }],
        ),
      )
  return found
}
