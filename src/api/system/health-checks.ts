/** The checks of the deep health call: whether the parts of the platform respond, and whether work is overdue. */
import { z } from '@hono/zod-openapi'
import type { Context } from '../../context.ts'
import { everyProject } from '../../core/access.ts'
import { type DatabaseSize, databaseSizeOf } from '../../core/database-size.ts'
import { describeError } from '../../log.ts'
import { type Backlog, countBacklog } from '../../store/reports/backlog.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { readSize } from '../../store/size.ts'
import type { FieldFault } from '../problems.ts'

/** A slower response makes the API slow for its callers. */
const slowMs = 2_000
const timeoutMs = 5_000
/** The sweep runs every minute: work that is overdue for three minutes is not being swept. */
const overdueMs = 3 * 60_000
/** Cloudflare limits purges, so a burst of erasures may take minutes, but not an hour. */
const latePurgeMs = 60 * 60_000

// unknown: the part that would show it does not respond.
const check = z.object({ status: z.enum(['ok', 'degraded', 'failed', 'unknown']) })

/** In GET /v1/stats too. */
export const sizeFields = {
  bytes: z.int(),
  max_bytes: z
    .int()
    .meta({ description: 'The limit of D1, which cannot be raised: 10 GB for each database.' }),
  share: z.number().meta({ description: 'bytes / max_bytes' }),
}
const responseCheck = check.extend({ latency_ms: z.number().nullable() })
const workCheck = check.extend({
  overdue: z.int().nullable(),
  oldest_overdue_seconds: z.number().nullable(),
})

export const checksSchema = z.object({
  database: responseCheck,
  database_size: check.extend({ size: z.object(sizeFields).nullable() }).meta({
    description:
      'All databases together. degraded: one has 70 % of its limit or more. failed: each has 90 % or more, so new jobs are refused (507).',
  }),
  bucket: responseCheck,
  queues: check.extend({
    backlog: z.int().nullable().meta({ description: 'How many messages wait.' }),
    oldest_message_seconds: z.number().nullable(),
  }),
  cron: check.meta({
    description: 'degraded: work is long overdue and no message for it waits, so the sweep does not run.',
  }),
  jobs: workCheck.extend({
    lease_expired: z.int().nullable().meta({ description: 'Overdue jobs whose last step did not finish.' }),
    past_deadline: z
      .int()
      .nullable()
      .meta({ description: 'Jobs that have not ended long after their deadline.' }),
  }),
  deliveries: workCheck,
  dead_letters: check.extend({
    count: z.int().nullable().meta({ description: 'Wake-ups of overdue work that failed on every attempt.' }),
  }),
  storage: check.extend({
    missing_objects: z
      .int()
      .nullable()
      .meta({ description: 'Stored outputs and assets whose object is missing in the bucket.' }),
  }),
  purges: check.extend({
    waiting: z
      .int()
      .nullable()
      .meta({ description: 'Erased jobs and assets whose copies in the cache are not purged yet.' }),
    oldest_waiting_seconds: z.number().nullable(),
  }),
})

export type Checks = z.infer<typeof checksSchema>

export async function runChecks(context: Context): Promise<Checks> {
  const { lastSeenSize, bucket, queues, now } = context
  const [database, size, stored, queued] = await Promise.all([
    probe(context, 'database', () => countBacklog(context, now(), everyProject)),
    probe(context, 'database_size', () => inEachDatabase(context, (db) => readSize(db, lastSeenSize))),
    probe(context, 'bucket', () => bucket.head('healthz')),
    probe(context, 'queues', () => queues.waiting()),
  ])
  const backlog = database.ok ? database.value : null
  const waiting = queued.ok ? queued.value.count : null
  return {
    database: responseCheckOf(database),
    database_size: sizeCheckOf(size),
    bucket: responseCheckOf(stored),
    queues: {
      status: queued.ok ? 'ok' : 'failed',
      backlog: waiting,
      oldest_message_seconds: queued.ok ? secondsSince(now(), queued.value.oldestAt) : null,
    },
    ...workChecksOf(backlog, waiting, now()),
  }
}

/** The checks that are not ok. Without the database no job is accepted; without another part, accepted work waits. */
export function failing(checks: Checks): FieldFault[] {
  return Object.entries(checks).flatMap(([path, { status }]) =>
    status === 'ok' ? [] : [{ path, message: `is ${status}` }],
  )
}

type Probe<T> = { ok: true; value: T; ms: number } | { ok: false }

/** An error and a timeout count the same: the part does not respond. The log has the cause. */
async function probe<T>(
  { now, log }: Context,
  name: keyof Checks,
  work: () => Promise<T>,
): Promise<Probe<T>> {
  const startedAt = now()
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no response within ${timeoutMs} ms`)), timeoutMs)
  try {
    const value = await Promise.race([work(), timeout])
    return { ok: true, value, ms: now() - startedAt }
  } catch (error) {
    log('health_check.failed', { check: name, error: describeError(error) })
    return { ok: false }
  } finally {
    clearTimeout(timer)
  }
}

function responseCheckOf(probed: Probe<unknown>): Checks['database'] {
  if (!probed.ok) return { status: 'failed', latency_ms: null }
  return { status: probed.ms > slowMs ? 'degraded' : 'ok', latency_ms: probed.ms }
}

function sizeCheckOf(probed: Probe<number[]>): Checks['database_size'] {
  if (!probed.ok) return { status: 'unknown', size: null }
  const size = databaseSizeOf(...probed.value)
  return { status: size.state === 'full' ? 'failed' : size.state, size: viewSize(size) }
}

export function viewSize({ bytes, maxBytes, share }: DatabaseSize) {
  return { bytes, max_bytes: maxBytes, share }
}

type WorkChecks = Pick<Checks, 'cron' | 'jobs' | 'deliveries' | 'dead_letters' | 'storage' | 'purges'>

function workChecksOf(backlog: Backlog | null, waiting: number | null, nowMs: number): WorkChecks {
  if (backlog === null) return unknownWork
  const { jobs, deliveries, deadLetters, lost, purges } = backlog
  const isLate = ({ oldestDueAt }: { oldestDueAt: number | null }) =>
    oldestDueAt !== null && nowMs - oldestDueAt > overdueMs
  const isPurgeLate = purges.oldestAt !== null && nowMs - purges.oldestAt > latePurgeMs
  const isSwept = !(isLate(jobs) || isLate(deliveries)) || (waiting ?? 0) > 0
  return {
    cron: { status: isSwept ? 'ok' : 'degraded' },
    jobs: {
      status: isLate(jobs) || jobs.beyondDeadline > 0 ? 'degraded' : 'ok',
      overdue: jobs.overdue,
      oldest_overdue_seconds: secondsSince(nowMs, jobs.oldestDueAt),
      lease_expired: jobs.leaseExpired,
      past_deadline: jobs.beyondDeadline,
    },
    deliveries: {
      status: isLate(deliveries) ? 'degraded' : 'ok',
      overdue: deliveries.overdue,
      oldest_overdue_seconds: secondsSince(nowMs, deliveries.oldestDueAt),
    },
    dead_letters: { status: deadLetters > 0 ? 'degraded' : 'ok', count: deadLetters },
    storage: { status: lost > 0 ? 'degraded' : 'ok', missing_objects: lost },
    purges: {
      status: isPurgeLate ? 'degraded' : 'ok',
      waiting: purges.waiting,
      oldest_waiting_seconds: secondsSince(nowMs, purges.oldestAt),
    },
  }
}

const unknownWork: WorkChecks = {
  cron: { status: 'unknown' },
  jobs: {
    status: 'unknown',
    overdue: null,
    oldest_overdue_seconds: null,
    lease_expired: null,
    past_deadline: null,
  },
  deliveries: { status: 'unknown', overdue: null, oldest_overdue_seconds: null },
  dead_letters: { status: 'unknown', count: null },
  storage: { status: 'unknown', missing_objects: null },
  purges: { status: 'unknown', waiting: null, oldest_waiting_seconds: null },
}

function secondsSince(nowMs: number, at: number | null): number | null {
  return at === null ? null : (nowMs - at) / 1_000
}
