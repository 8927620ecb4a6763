/** Whether a lane allows one more attempt. */
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { maxAttemptsPerHost, maxFreshAttemptsPerHost } from '../../core/schedule/deliveries.ts'
import { leaseMs } from '../../core/schedule/jobs.ts'
import { deliveries, hosts } from '../schema.ts'
import { isOpen, isRowOf, isSameLane, isSentNow } from './lane.ts'

/** Whether the delivery's lane allows one more attempt; if its circuit is open, whether this is the trial. */
export function hasCapacity(lease: string, nowMs: number): SQL {
  const laneIs = (condition: SQL) => sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${isSameLane} AND ${condition})`
  return sql`CASE WHEN ${isSentNow} THEN 1
    WHEN ${laneIs(isOpen)} THEN ${laneIs(sql`${hosts.trial} = ${lease}`)}
    ELSE ${runFewer(maxAttemptsPerHost, deliveries, { now: nowMs, leaseEnd: nowMs + leaseMs })} END`
}

/** Whether a new delivery of the lane may be attempted by the message that settles its job. */
export function takesFreshAttempt(lane: { host: SQL; ownerId: SQL }, moment: Moment): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${hosts} WHERE ${isRowOf(lane)})
    AND ${runFewer(maxFreshAttemptsPerHost, lane, moment)}`
}

interface Moment {
  now: number | SQL
  leaseEnd: number | SQL
}

/** Fewer attempts than that are under way in the lane. */
function runFewer(
  limit: number,
  lane: { host: SQLWrapper; ownerId: SQLWrapper },
  { now, leaseEnd }: Moment,
): SQL {
  // A leased row is due when its lease ends: attempts under way are a short range of the index on due_at.
  return sql`(SELECT count(*) FROM (
    SELECT 1 FROM ${deliveries} AS busy WHERE busy.due_at > ${now} AND busy.due_at <= ${leaseEnd}
    AND busy.host = ${lane.host} AND busy.owner_id = ${lane.ownerId} AND busy.lease IS NOT NULL
    LIMIT ${limit})) < ${limit}`
}
