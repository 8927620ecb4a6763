/** The deep look at the Worker's health: does what it stands on answer, and is what it owes being done? */
import { z } from '@hono/zod-openapi'
import type { Context } from '../../context.ts'
import { describeError } from '../../log.ts'
import { type Backlog, countBacklog } from '../../store/reports/backlog.ts'
import type { FieldFault } from '../problems.ts'

/** Slower than that, and the API is felt to be slow. */
const slowMs = 2_000
const patienceMs = 5_000
/** The sweep comes every minute: what nobody has come for in three is not being swept. */
const overdueMs = 3 * 60_000

// Unknown: what it would be known from does not answer.
const check = z.object({ status: z.enum(['ok', 'degraded', 'failed', 'unknown']) })
const answering = check.extend({ latency_ms: z.number().nullable() })
const owed = check.extend({ overdue: z.int().nullable(), oldest_overdue_seconds: z.number().nullable() })

export const checksSchema = z.object({
  database: answering,
  bucket: answering,
  queues: check.extend({
    backlog: z.int().nullable().meta({ description: 'Messages that wait.' }),
    oldest_message_seconds: z.number().nullable(),
  }),
  cron: check.meta({
    description: 'Degraded when something is long overdue, and is not even on a queue: nobody sweeps.',
  }),
  jobs: owed.extend({
    lease_expired: z.int().nullable(),
    beyond_deadline: z.int().nullable().meta({ description: 'Unsettled for long after their deadline.' }),
  }),
  deliveries: owed,
  dead_letters: check.extend({
    count: z.int().nullable().meta({ description: 'Nudges of overdue work that died in all their tries.' }),
  }),
  storage: check.extend({
    lost: z.int().nullable().meta({ description: 'Stored outputs and assets that are not in the bucket.' }),
  }),
})

type Checks = z.infer<typeof checksSchema>

export async function runChecks(context: Context): Promise<Checks> {
  const { db, bucket, queues: nudges, now } = context
  const [database, stored, queued] = await Promise.all([
    ask(context, 'database', () => countBacklog(db, now())),
    ask(context, 'bucket', () => bucket.head('healthz')),
    ask(context, 'queues', () => nudges.waiting()),
  ])
  const backlog = database.ok ? database.value : null
  const waiting = queued.ok ? queued.value.count : null
  return {
    database: answerOf(database),
    bucket: answerOf(stored),
    queues: {
      status: queued.ok ? 'ok' : 'failed',
      backlog: waiting,
      oldest_message_seconds: queued.ok ? secondsSince(now(), queued.value.oldestAt) : null,
    },
    ...owedOf(backlog, waiting, now()),
  }
}

/** The checks that are not ok. Without the database nothing is accepted; without the rest what is accepted waits. */
export function failing(checks: Checks): FieldFault[] {
  return Object.entries(checks).flatMap(([path, { status }]) =>
    status === 'ok' ? [] : [{ path, message: `is ${status}` }],
  )
}

function owedOf(
  backlog: Backlog | null,
  waiting: number | null,
  nowMs: number,
): Pick<Checks, 'cron' | 'jobs' | 'deliveries' | 'dead_letters' | 'storage'> {
  const unknown = { status: 'unknown' as const, overdue: null, oldest_overdue_seconds: null }
  if (backlog === null) {
    return {
      cron: { status: 'unknown' },
      jobs: { ...unknown, lease_expired: null, beyond_deadline: null },
      deliveries: unknown,
      dead_letters: { status: 'unknown', count: null },
      storage: { status: 'unknown', lost: null },
    }
  }
  const { jobs, deliveries, deadLetters, lost } = backlog
  const isLate = ({ oldestDueAt }: { oldestDueAt: number | null }) =>
    oldestDueAt !== null && nowMs - oldestDueAt > overdueMs
  const isSwept = !(isLate(jobs) || isLate(deliveries)) || (waiting ?? 0) > 0
  return {
    cron: { status: isSwept ? 'ok' : 'degraded' },
    jobs: {
      status: isLate(jobs) || jobs.beyondDeadline > 0 ? 'degraded' : 'ok',
      overdue: jobs.overdue,
      oldest_overdue_seconds: secondsSince(nowMs, jobs.oldestDueAt),
      lease_expired: jobs.leaseExpired,
      beyond_deadline: jobs.beyondDeadline,
    },
    deliveries: {
      status: isLate(deliveries) ? 'degraded' : 'ok',
      overdue: deliveries.overdue,
      oldest_overdue_seconds: secondsSince(nowMs, deliveries.oldestDueAt),
    },
    dead_letters: { status: deadLetters > 0 ? 'degraded' : 'ok', count: deadLetters },
    storage: { status: lost > 0 ? 'degraded' : 'ok', lost },
  }
}

type Asked<T> = { ok: true; value: T; ms: number } | { ok: false }

/** Whatever it throws, and silence past patience, is the same to who asks: it does not answer. The log says more. */
async function ask<T>({ now, log }: Context, name: keyof Checks, work: () => Promise<T>): Promise<Asked<T>> {
  const startedAt = now()
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs)
  try {
    const value = await Promise.race([work(), silence])
    return { ok: true, value, ms: now() - startedAt }
  } catch (error) {
    log('health_check.failed', { check: name, error: describeError(error) })
    return { ok: false }
  } finally {
    clearTimeout(timer)
  }
}

function answerOf(asked: Asked<unknown>): Checks['database'] {
  if (!asked.ok) return { status: 'failed', latency_ms: null }
  return { status: asked.ms > slowMs ? 'degraded' : 'ok', latency_ms: asked.ms }
}

function secondsSince(nowMs: number, at: number | null): number | null {
  return at === null ? null : (nowMs - at) / 1_000
}
