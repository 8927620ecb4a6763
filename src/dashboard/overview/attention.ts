/** Lists the problems of a deployment, each with its meaning and its remedy. No I/O. No clock. */
import type { Checks } from '../../api/system/health-checks.ts'
import type { StatsView } from '../../api/system/stats-view.ts'
import { type Caller, mayDo } from '../../core/access.ts'
import { formatDuration } from '../../core/format.ts'
import { active, bad, type Concern, counted } from './concern.ts'
import { aboutParts, aboutProviders, aboutStorage } from './deployment.ts'

interface Situation {
  /** They cover the last 24 hours. */
  stats: StatsView
  /** Null: the caller does not see the whole deployment. */
  checks: Checks | 'unread' | null
}

/** The sweep runs every minute, so work that is overdue for longer is not being done. */
const overdueSeconds = 180

/** The broken parts first. The API has left out what the caller does not see. */
export function concernsOf({ stats, checks }: Situation, caller: Pick<Caller, 'scopes'>): Concern[] {
  const concerns = [
    ...aboutChecks(checks),
    ...aboutJobs(stats),
    ...aboutDeliveries(stats, mayDo(caller, 'deliveries')),
    ...aboutStorage(stats),
    ...aboutProviders(stats),
  ]
  return concerns.sort((one, two) => Number(one.level !== 'bad') - Number(two.level !== 'bad'))
}

function aboutChecks(checks: Situation['checks']): Concern[] {
  if (checks === null) return []
  if (checks !== 'unread') return aboutParts(checks)
  const text =
    'It is not known whether the bucket, the queues and the sweep work. Load the page again, and look at GET /healthz?deep.'
  return [bad('The health check failed', text)]
}

function aboutJobs({ now: { jobs }, dead_letters }: StatsView): Concern[] {
  const found: Concern[] = []
  const links = jobs.job_ids.map((id) => ({ href: `/jobs/${id}`, text: id }))
  if (jobs.past_deadline > 0)
    found.push(
      bad(
        `${counted(jobs.past_deadline, 'job')} past the deadline`,
        'They should have ended, and their callers still wait. Open a job: its timeline shows the step that fails. Canceling it ends it at once.',
        links,
      ),
    )
  if (jobs.overdue > 0 && (jobs.oldest_overdue_seconds ?? 0) > overdueSeconds)
    found.push(
      bad(
        `${counted(jobs.overdue, 'job')} overdue`,
        `The oldest has waited ${formatDuration((jobs.oldest_overdue_seconds ?? 0) * 1_000)} for its next step. The sweep tries again every minute. Open a job to see where it stopped.`,
        jobs.past_deadline > 0 ? [] : links,
      ),
    )
  if (jobs.lease_expired > 0)
    found.push(
      active(
        `${counted(jobs.lease_expired, 'step')} did not finish`,
        'The Worker stopped during a step of these jobs. The sweep repeats it, and buys nothing twice. If the number stays, look for errors in the log.',
        jobs.past_deadline > 0 || jobs.overdue > 0 ? [] : links,
      ),
    )
  if (dead_letters > 0)
    found.push(
      active(
        `${counted(dead_letters, 'message')} failed on every attempt in the last 24 hours`,
        'Nothing is lost: the sweep wakes their jobs. Look for message.dead_lettered in the log: it names each job, whose timeline shows the rest.',
      ),
    )
  return found
}

function aboutDeliveries({ now: { deliveries } }: StatsView, maySee: boolean): Concern[] {
  const found: Concern[] = []
  const { overdue, oldest_overdue_seconds: oldest, disabled_endpoints, disabled_callbacks } = deliveries
  const link = (href: string, text: string) => (maySee ? [{ href, text }] : [])
  if (overdue > 0 && (oldest ?? 0) > overdueSeconds)
    found.push(
      bad(
        `${counted(overdue, 'delivery', 'deliveries')} overdue`,
        `The oldest should have been sent ${formatDuration((oldest ?? 0) * 1_000)} ago. The sweep tries again every minute.`,
        link('/deliveries?status=pending', 'Pending deliveries'),
      ),
    )
  if (disabled_endpoints > 0)
    found.push(
      bad(
        `${counted(disabled_endpoints, 'endpoint')} disabled`,
        'The host accepted no delivery for five days, so nothing is sent to it. When it works again, enable the endpoint and redeliver what failed.',
        link('/endpoints', 'Endpoints'),
      ),
    )
  if (disabled_callbacks > 0)
    found.push(
      bad(
        `Callbacks disabled to ${counted(disabled_callbacks, 'host')}`,
        'The host accepted no callback of an API key for five days, so its deliveries fail without an attempt. When it works again, enable the callbacks of the key and redeliver what failed.',
        [...link('/deliveries/hosts', 'Hosts'), ...link('/deliveries?status=failed', 'Failed deliveries')],
      ),
    )
  return found
}
