/** What is owed right now and has not been done: found by the indexes of unsettled rows, what was due first first. */
import { sql } from 'drizzle-orm'
import { type ProviderName, providerNames } from '../../core/request/request.ts'
import { settleGraceMs } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { isParked, isSameLane } from '../deliveries/circuits.ts'
import { assets, deliveries, events, hosts, jobs, outputs, slots, waits } from '../schema.ts'

/** No count goes further. */
export const maxCounted = 1_000
const mostLookedInto = 100

export interface Backlog {
  jobs: {
    /** Due, and neither a nudge nor the sweep has brought anybody. */
    overdue: number
    oldestDueAt: number | null
    /** Under a lease that has run out: a step died. */
    leaseExpired: number
    /** Unsettled though the deadline has passed, and the time in which outputs are still copied. */
    beyondDeadline: number
  }
  /** Who stands in the line of a host has no date of its own: it is due when the line is to be looked after. */
  deliveries: { pending: number; oldestCreatedAt: number | null; overdue: number; oldestDueAt: number | null }
  /** How many nudges of what is overdue have died in all their tries. */
  deadLetters: number
  /** Stored outputs and assets whose object is not in the bucket. */
  lost: number
}

export async function countBacklog(db: Database, nowMs: number): Promise<Backlog> {
  const isOverdue = sql`due_at <= ${nowMs}`
  const dueFirst = sql`WHERE due_at IS NOT NULL ORDER BY due_at LIMIT ${maxCounted}`
  // Each host's oldest first, as the index of lines has them.
  const standing = sql`SELECT ${hosts.dueAt}, ${deliveries.createdAt} FROM ${deliveries}
    LEFT JOIN ${hosts} ON ${isSameLane} WHERE ${isParked} ORDER BY ${deliveries.host}, ${deliveries.ownerId} LIMIT ${maxCounted}`
  const longOverdue = sql`WHERE due_at IS NOT NULL AND ${isOverdue} ORDER BY due_at LIMIT ${mostLookedInto}`
  const lostOf = (table: typeof outputs | typeof assets) =>
    sql`SELECT 1 FROM ${table} WHERE lost_at IS NOT NULL`
  const [[ofJobs], [ofDeliveries], [dead], [lost]] = await Promise.all([
    db.all<Backlog['jobs']>(sql`SELECT
        count(CASE WHEN ${isOverdue} THEN 1 END) AS overdue,
        min(CASE WHEN ${isOverdue} THEN due_at END) AS oldestDueAt,
        count(CASE WHEN ${isOverdue} THEN lease END) AS leaseExpired,
        count(CASE WHEN deadline_at < ${nowMs - settleGraceMs} THEN 1 END) AS beyondDeadline
      FROM (SELECT due_at, lease, deadline_at FROM ${jobs} ${dueFirst})`),
    db.all<Backlog['deliveries']>(sql`SELECT
        min(count(*), ${maxCounted}) AS pending,
        min(created_at) AS oldestCreatedAt,
        count(CASE WHEN ${isOverdue} THEN 1 END) AS overdue,
        min(CASE WHEN ${isOverdue} THEN due_at END) AS oldestDueAt
      FROM (SELECT * FROM (SELECT due_at, created_at FROM ${deliveries} ${dueFirst})
        UNION ALL SELECT * FROM (${standing}))`),
    db.all<{
      count: number
    }>(sql`SELECT count(*) AS count FROM ${events} WHERE ${events.type} = 'message.dead_lettered'
      AND ${events.jobId} IN (
        SELECT id FROM (SELECT id FROM ${jobs} ${longOverdue})
        UNION SELECT job_id FROM (SELECT job_id FROM ${deliveries} ${longOverdue})
      )`),
    db.all<{ count: number }>(sql`SELECT count(*) AS count
      FROM (${lostOf(outputs)} UNION ALL ${lostOf(assets)} LIMIT ${maxCounted})`),
  ])
  if (ofJobs === undefined || ofDeliveries === undefined) throw new Error('a count is one row')
  return { jobs: ofJobs, deliveries: ofDeliveries, deadLetters: dead?.count ?? 0, lost: lost?.count ?? 0 }
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
  return db.all<SlotCount>(sql.join(counts, sql` UNION ALL `))
}
