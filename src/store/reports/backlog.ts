/** The work that is due and not done, counted through the indexes of unfinished rows, oldest first. */
import { sql } from 'drizzle-orm'
import type { Viewer } from '../../core/access.ts'
import { type ProviderName, providerNames } from '../../core/request/choices.ts'
import { settleGraceMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { isParked, isSameLane } from '../deliveries/lane.ts'
import { claimableAt, isUnsettled } from '../jobs/jobs.ts'
import { union } from '../page.ts'
import { assets, deliveries, events, hosts, jobs, outputs, slots, waits } from '../schema.ts'
import { type Databases, inEachDatabase } from '../shards.ts'
import { countPurges } from '../upkeep/purges.ts'

/** Every count of a database stops here. */
export const maxCounted = 1_000
const maxInspected = 100
/** The largest number of jobs whose ids are shown. */
export const maxNamed = 5

export interface Backlog {
  jobs: {
    /** Due, and neither a wake-up nor the sweep has led to a step. */
    overdue: number
    oldestDueAt: number | null
    /** Under an expired lease: a step died. */
    leaseExpired: number
    /** Unsettled after the deadline and after the time in which outputs are still copied. */
    beyondDeadline: number
    /** The first of them: overdue, or beyond the deadline. */
    first: string[]
  }
  /** A parked delivery counts as due when its lane is. */
  deliveries: {
    pending: number
    /** Those that wait in the queue of their lane. */
    parked: number
    /** Those with a failed attempt. */
    retrying: number
    oldestCreatedAt: number | null
    overdue: number
    oldestDueAt: number | null
  }
  /** Dead-lettered wake-ups of overdue jobs and deliveries. */
  deadLetters: number
  /** Stored outputs and assets whose object is missing from the bucket. */
  lost: number
  /** Cache tags that wait for their purge. */
  purges: { waiting: number; oldestAt: number | null }
}

/** All databases together; each counts up to `maxCounted`. Jobs and deliveries are the viewer's; the rest is of all projects. */
export async function countBacklog(
  databases: Pick<Databases, 'databases'>,
  nowMs: number,
  viewer: Viewer,
): Promise<Backlog> {
  return (await inEachDatabase(databases, (db) => countIn(db, nowMs, viewer))).reduce(add)
}

function add(one: Backlog, two: Backlog): Backlog {
  return {
    jobs: {
      overdue: one.jobs.overdue + two.jobs.overdue,
      oldestDueAt: earlier(one.jobs.oldestDueAt, two.jobs.oldestDueAt),
      leaseExpired: one.jobs.leaseExpired + two.jobs.leaseExpired,
      beyondDeadline: one.jobs.beyondDeadline + two.jobs.beyondDeadline,
      first: [...one.jobs.first, ...two.jobs.first].slice(0, maxNamed),
    },
    deliveries: {
      pending: one.deliveries.pending + two.deliveries.pending,
      parked: one.deliveries.parked + two.deliveries.parked,
      retrying: one.deliveries.retrying + two.deliveries.retrying,
      oldestCreatedAt: earlier(one.deliveries.oldestCreatedAt, two.deliveries.oldestCreatedAt),
      overdue: one.deliveries.overdue + two.deliveries.overdue,
      oldestDueAt: earlier(one.deliveries.oldestDueAt, two.deliveries.oldestDueAt),
    },
    deadLetters: one.deadLetters + two.deadLetters,
    lost: one.lost + two.lost,
    purges: {
      waiting: one.purges.waiting + two.purges.waiting,
      oldestAt: earlier(one.purges.oldestAt, two.purges.oldestAt),
    },
  }
}

function earlier(one: number | null, two: number | null): number | null {
  return one === null || two === null ? (one ?? two) : Math.min(one, two)
}

async function countIn(db: Database, nowMs: number, { project }: Viewer): Promise<Backlog> {
  // The plus: through the index of the project, its ended rows would be read too.
  const isSeen = project === null ? sql`1` : sql`+project = ${project}`
  const isOverdue = sql`due_at <= ${nowMs}`
  const dueFirst = sql`WHERE due_at IS NOT NULL AND ${isSeen} ORDER BY due_at LIMIT ${maxCounted}`
  // In the order of the index of parked deliveries: the oldest of each lane first.
  const parked = sql`SELECT ${hosts.dueAt}, ${deliveries.createdAt}, ${deliveries.attempts}, 1 AS is_parked FROM ${deliveries}
    LEFT JOIN ${hosts} ON ${isSameLane} WHERE ${isParked} AND ${isSeen} ORDER BY ${deliveries.host}, ${deliveries.ownerId} LIMIT ${maxCounted}`
  const isJobOverdue = sql`${claimableAt} <= ${nowMs}`
  const isBeyondDeadline = sql`${jobs.deadlineAt} < ${nowMs - settleGraceMs}`
  // The oldest first; the plus as in `overdueJobs`.
  const oldestFirst = sql`ORDER BY ${claimableAt}`
  const longOverdue = sql`WHERE due_at IS NOT NULL AND ${isOverdue} ORDER BY due_at LIMIT ${maxInspected}`
  const lostOf = (table: typeof outputs | typeof assets) =>
    sql`SELECT 1 FROM ${table} WHERE lost_at IS NOT NULL`
  const [[ofJobs], [ofDeliveries], [dead], [lost], purges] = await Promise.all([
    db.all<Omit<Backlog['jobs'], 'first'> & { ids: string | null }>(sql`SELECT
        coalesce(sum(is_overdue), 0) AS overdue,
        min(CASE WHEN is_overdue THEN claimable_at END) AS oldestDueAt,
        count(CASE WHEN is_overdue THEN lease END) AS leaseExpired,
        coalesce(sum(is_beyond_deadline), 0) AS beyondDeadline,
        group_concat(CASE WHEN n <= ${maxNamed} THEN id END, ' ') AS ids
      FROM (SELECT ${jobs.id} AS id, row_number() OVER (${oldestFirst}) AS n, ${isJobOverdue} AS is_overdue, ${isBeyondDeadline} AS is_beyond_deadline,
          ${claimableAt} AS claimable_at, ${jobs.lease} AS lease
        FROM ${jobs} WHERE ${isUnsettled} AND ${isSeen} AND (${isJobOverdue} OR ${isBeyondDeadline}) ${oldestFirst} LIMIT ${maxCounted})`),
    db.all<Backlog['deliveries']>(sql`SELECT
        min(count(*), ${maxCounted}) AS pending,
        coalesce(sum(is_parked), 0) AS parked,
        min(count(CASE WHEN attempts > 0 THEN 1 END), ${maxCounted}) AS retrying,
        min(created_at) AS oldestCreatedAt,
        count(CASE WHEN ${isOverdue} THEN 1 END) AS overdue,
        min(CASE WHEN ${isOverdue} THEN due_at END) AS oldestDueAt
      FROM (SELECT * FROM (SELECT due_at, created_at, attempts, 0 AS is_parked FROM ${deliveries} ${dueFirst})
        UNION ALL SELECT * FROM (${parked}))`),
    db.all<{
      count: number
    }>(sql`SELECT count(*) AS count FROM ${events} WHERE ${events.type} = 'message.dead_lettered'
      AND ${events.jobId} IN (
        SELECT id FROM (SELECT id FROM ${jobs} WHERE ${isUnsettled} AND ${isJobOverdue} ${oldestFirst} LIMIT ${maxInspected})
        UNION SELECT job_id FROM (SELECT job_id FROM ${deliveries} ${longOverdue})
      )`),
    db.all<{ count: number }>(sql`SELECT count(*) AS count
      FROM (${lostOf(outputs)} UNION ALL ${lostOf(assets)} LIMIT ${maxCounted})`),
    countPurges(db, maxCounted),
  ])
  if (ofJobs === undefined || ofDeliveries === undefined) throw new Error('a count is one row')
  const { ids, ...counts } = ofJobs
  return {
    jobs: { ...counts, first: ids?.split(' ') ?? [] },
    deliveries: ofDeliveries,
    deadLetters: dead?.count ?? 0,
    lost: lost?.count ?? 0,
    purges,
  }
}

export interface SlotCount {
  provider: ProviderName
  taken: number
  waiting: number
}

export async function countSlots(db: Database): Promise<SlotCount[]> {
  const counts = providerNames.map((provider) => {
    const taken = sql`SELECT count(*) FROM ${slots} WHERE ${slots.provider} = ${provider}`
    const waiting = sql`SELECT 1 FROM ${waits} WHERE ${waits.provider} = ${provider} LIMIT ${maxCounted}`
    return sql`SELECT ${provider} AS provider, (${taken}) AS taken, (SELECT count(*) FROM (${waiting})) AS waiting`
  })
  return db.all<SlotCount>(union(counts))
}
