/** Whether a lane allows one more attempt. */
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { leaseMs, maxAttemptsPerHost, maxFreshAttemptsPerHost } from '../../core/schedule.ts'
import { deliveries, hosts } from '../schema.ts'
import { isOpen, isRowOf, isSameLane, isSentNow, type Lane } from './lane.ts'

/** Whether the delivery's lane allows one more attempt; if its circuit is open, whether this is the trial. */
export function hasCapacity(lease: string, nowMs: number): SQL {
  const laneIs = (condition: SQL) => sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${isSameLane} AND ${condition})`
  return sql`CASE WHEN ${isSentNow} THEN 1
    WHEN ${laneIs(isOpen)} THEN ${laneIs(sql`${hosts.trial} = ${lease}`)}
    ELSE ${runFewer(maxAttemptsPerHost, deliveries, nowMs)} END`
}

/** Whether a new delivery of the lane may be attempted by the message that settles its job. */
export function takesFreshAttempt(lane: Lane, nowMs: number): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${hosts} WHERE ${isRowOf(lane)})
    AND ${runFewer(maxFreshAttemptsPerHost, { host: sql`${lane.host}`, ownerId: sql`${lane.ownerId}` }, nowMs)}`
}

/** Fewer attempts than that are under way in the lane. */
function runFewer(limit: number, lane: { host: SQLWrapper; ownerId: SQLWrapper }, nowMs: number): SQL {
  // A leased row is due when its lease ends: attempts under way are a short range of the index on due_at.
  return sql`(SELECT count(*) FROM (
    SELECT 1 FROM ${deliveries} AS busy WHERE busy.due_at > ${nowMs} AND busy.due_at <= ${nowMs + leaseMs}
    AND busy.host = ${lane.host} AND busy.owner_id = ${lane.ownerId} AND busy.lease IS NOT NULL
    LIMIT ${limit})) < ${limit}`
}
