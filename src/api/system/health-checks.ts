/** The checks of the deep health call: whether the parts of the platform respond, and whether work is overdue. */
import { z } from '@hono/zod-openapi'
import { isOverdue, isPurgeLate, isSwept, slowMs } from '../../alerts/limits.ts'
import { measure } from '../../alerts/measure.ts'
import type { Context } from '../../context.ts'
import { type DatabaseSize, databaseSizeOf } from '../../core/database-size.ts'
import type { Probe } from '../../probe.ts'
import type { Backlog } from '../../store/reports/backlog.ts'
import type { FieldFault } from '../problems.ts'

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
  const { database, sizes, bucket, queues } = await measure(context)
  const nowMs = context.now()
  const waiting = queues.ok ? queues.value.count : null
  return {
    database: responseCheckOf(database),
    database_size: sizeCheckOf(sizes),
    bucket: responseCheckOf(bucket),
    queues: {
      status: queues.ok ? 'ok' : 'failed',
      backlog: waiting,
      oldest_message_seconds: queues.ok ? secondsSince(nowMs, queues.value.oldestAt) : null,
    },
    ...workChecksOf(database.ok ? database.value : null, waiting, nowMs),
  }
}

/** The checks that are not ok. Without the database no job is accepted; without another part, accepted work waits. */
export function failing(checks: Checks): FieldFault[] {
  return Object.entries(checks).flatMap(([path, { status }]) =>
    status === 'ok' ? [] : [{ path, message: `is ${status}` }],
  )
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
  return {
    cron: { status: isSwept(backlog, waiting, nowMs) ? 'ok' : 'degraded' },
    jobs: {
      status: isOverdue(jobs, nowMs) || jobs.beyondDeadline > 0 ? 'degraded' : 'ok',
      overdue: jobs.overdue,
      oldest_overdue_seconds: secondsSince(nowMs, jobs.oldestDueAt),
      lease_expired: jobs.leaseExpired,
      past_deadline: jobs.beyondDeadline,
    },
    deliveries: {
      status: isOverdue(deliveries, nowMs) ? 'degraded' : 'ok',
      overdue: deliveries.overdue,
      oldest_overdue_seconds: secondsSince(nowMs, deliveries.oldestDueAt),
    },
    dead_letters: { status: deadLetters > 0 ? 'degraded' : 'ok', count: deadLetters },
    storage: { status: lost > 0 ? 'degraded' : 'ok', missing_objects: lost },
    purges: {
      status: isPurgeLate(purges, nowMs) ? 'degraded' : 'ok',
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
