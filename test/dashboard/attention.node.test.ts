/** The list of what needs attention, item by item. */
import { describe, expect, it } from 'vitest'
import type { Checks } from '../../src/api/system/health-checks.ts'
import type { StatsView } from '../../src/api/system/stats-view.ts'
import type { Scope } from '../../src/core/access.ts'
import { concernsOf } from '../../src/dashboard/overview/attention.ts'

type Now = StatsView['now']

function statsWith(now: Partial<Now> = {}, others: Partial<StatsView> = {}): StatsView {
  return {
    since: '2026-11-28T10:00:00.000Z',
    until: '2026-11-29T10:00:00.000Z',
    jobs_counted: 0,
    jobs: [],
    time_to_finish: [],
    webhooks: [],
    costs: [],
    dead_letters: 0,
    now: {
      jobs: jobs(),
      deliveries: deliveries(),
      slots: [],
      tried_last: [],
      database: null,
      storage: null,
      ...now,
    },
    ...others,
  }
}

const jobs = (counts: Partial<Now['jobs']> = {}): Now['jobs'] => ({
  overdue: 0,
  oldest_overdue_seconds: null,
  lease_expired: 0,
  past_deadline: 0,
  job_ids: [],
  ...counts,
})

const deliveries = (counts: Partial<Now['deliveries']> = {}): Now['deliveries'] => ({
  pending: 0,
  oldest_pending_seconds: null,
  overdue: 0,
  oldest_overdue_seconds: null,
  disabled_endpoints: 0,
  disabled_callbacks: 0,
  ...counts,
})

const part = { status: 'ok', latency_ms: 3 } as const
const work = { status: 'ok', overdue: 0, oldest_overdue_seconds: null } as const

function checksWith(changed: Partial<Checks>): Checks {
  return {
    database: part,
    database_size: { status: 'ok', size: null },
    bucket: part,
    queues: { status: 'ok', backlog: 0, oldest_message_seconds: null },
    cron: { status: 'ok' },
    jobs: { ...work, lease_expired: 0, past_deadline: 0 },
    deliveries: work,
    dead_letters: { status: 'ok', count: 0 },
    storage: { status: 'ok', missing_objects: 0 },
    purges: { status: 'ok', waiting: 0, oldest_waiting_seconds: null },
    ...changed,
  }
}

function foundIn(stats: StatsView, checks: Checks | 'unread' | null = null, scopes: Scope[] = ['admin']) {
  return concernsOf({ stats, checks, alerts: null }, { scopes })
}

const webhooks = (provider: 'runware' | 'crun', webhook: number, poll: number) => ({
  provider,
  completed_via_webhook: webhook,
  completed_via_poll: poll,
  missed_rate: poll / (webhook + poll),
  delay_p50_seconds: null,
  delay_p95_seconds: null,
  late_count: 0,
  late_p50_seconds: null,
  late_p95_seconds: null,
})

const size = (share: number) => ({ bytes: share * 1e10, max_bytes: 1e10, share })
const slots = (in_use: number, waiting: number) => [{ provider: 'crun' as const, limit: 4, in_use, waiting }]
const missing = (missing_objects: number) => ({ missing_objects, last_reconciliation: null })

describe('what needs attention', () => {
  it('is nothing while all work goes well', () => {
    const busy = statsWith(
      { jobs: jobs({ overdue: 3, oldest_overdue_seconds: 50 }), database: size(0.69), slots: slots(4, 0) },
      { webhooks: [webhooks('runware', 95, 5), webhooks('crun', 5, 4)] },
    )
    expect(foundIn(busy, checksWith({}))).toEqual([])
  })

  it.each<[string, StatsView, string]>([
    [
      'jobs past their deadline',
      statsWith({ jobs: jobs({ past_deadline: 2, job_ids: ['job_1', 'job_2'] }) }),
      '2 jobs past the deadline → /jobs/job_1 /jobs/job_2',
    ],
    [
      'long overdue jobs',
      statsWith({ jobs: jobs({ overdue: 1, oldest_overdue_seconds: 400, job_ids: ['job_1'] }) }),
      '1 job overdue → /jobs/job_1',
    ],
    [
      'expired leases',
      statsWith({ jobs: jobs({ lease_expired: 1, job_ids: ['job_1'] }) }),
      '1 step did not finish → /jobs/job_1',
    ],
    [
      'long overdue deliveries',
      statsWith({ deliveries: deliveries({ overdue: 1_200, oldest_overdue_seconds: 400 }) }),
      '1,200 deliveries overdue → /deliveries?status=pending',
    ],
    [
      'disabled endpoints',
      statsWith({ deliveries: deliveries({ disabled_endpoints: 1 }) }),
      '1 endpoint disabled → /endpoints',
    ],
    [
      'disabled callbacks',
      statsWith({ deliveries: deliveries({ disabled_callbacks: 2 }) }),
      'Callbacks disabled to 2 hosts → /deliveries/hosts /deliveries?status=failed',
    ],
    ['a database before it refuses jobs', statsWith({ database: size(0.7) }), 'The database is nearly full'],
    ['a full database', statsWith({ database: size(0.9) }), 'The database is full'],
    ['missing objects', statsWith({ storage: missing(1) }), '1 stored file missing in the bucket'],
    [
      'messages that failed on every attempt',
      statsWith({}, { dead_letters: 3 }),
      '3 messages failed on every attempt in the last 24 hours',
    ],
    [
      'jobs that wait while all slots are taken',
      statsWith({ slots: slots(4, 7) }),
      '7 jobs waiting for a slot at crun → /jobs?status=queued&provider=crun',
    ],
    [
      'missed webhooks',
      statsWith({}, { webhooks: [webhooks('runware', 9, 1)] }),
      'runware missed 10 % of its webhooks in the last 24 hours → /jobs?provider=runware',
    ],
    [
      'tasks without a cost',
      statsWith({}, { costs: [{ provider: 'crun', amount_usd: 1, credits: null, unreported_count: 1 }] }),
      '1 task of crun without a reported cost or a published price → /jobs?status=succeeded&provider=crun',
    ],
  ])('is %s', (_, stats, expected) => {
    const found = foundIn(stats).map(({ title, links }) =>
      links.length === 0 ? title : `${title} → ${links.map(({ href }) => href).join(' ')}`,
    )
    expect(found).toEqual([expected])
  })

  it.each<[string, Partial<Checks>]>([
    ['The database is slow', { database: { status: 'degraded', latency_ms: 2_500 } }],
    ['The bucket does not respond in time', { bucket: { status: 'failed', latency_ms: null } }],
    [
      'The queues do not respond',
      { queues: { status: 'failed', backlog: null, oldest_message_seconds: null } },
    ],
    ['The sweep does not run', { cron: { status: 'degraded' } }],
    [
      'Erased files may still be in the cache',
      { purges: { status: 'degraded', waiting: 2, oldest_waiting_seconds: 4_000 } },
    ],
  ])('is a part of the platform: %s', (title, changed) => {
    expect(foundIn(statsWith(), checksWith(changed)).map((one) => one.title)).toEqual([title])
  })

  it('is a health check that failed: nothing is known of the parts then', () => {
    expect(foundIn(statsWith(), 'unread').map(({ title }) => title)).toEqual(['The health check failed'])
  })

  it('begins with what is broken', () => {
    const stats = statsWith({ database: size(0.8), deliveries: deliveries({ disabled_endpoints: 1 }) })
    expect(foundIn(stats).map(({ level }) => level)).toEqual(['bad', 'active'])
  })

  it('has no link to a page that the key may not open', () => {
    const stats = statsWith({ deliveries: deliveries({ disabled_endpoints: 1, disabled_callbacks: 1 }) })
    expect(foundIn(stats, null, ['jobs:read']).flatMap(({ links }) => links)).toEqual([])
  })
})
