/** The sweep's work on the queues of lanes: parks what cannot be attempted, and releases what is due. */
import { and, asc, inArray, isNotNull, lte, not, sql } from 'drizzle-orm'
import {
  failingPathsToBlockHost,
  failuresToOpenCircuit,
  maxAttemptsPerHost,
} from '../../core/schedule/deliveries.ts'
import { sweepEveryMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { deliveries, hosts } from '../schema.ts'
import { forgetIfIdle } from './circuits.ts'
import { type OpenLane, parked, releaseForTrial, releaseParked } from './host-queue.ts'
import { hasParked, isOpen, isRowOf, isSameLane, isSentNow, takesNewPaths } from './lane.ts'

// The next sweep does the rest.
const maxHostsPerSweep = 100
const maxParkedPerSweep = 5_000

/** Parks all overdue deliveries whose circuit is open and may not be tried now, in one statement. */
export async function parkOverdue(db: Database, nowMs: number): Promise<void> {
  const isHeldBack = sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${isSameLane} AND ${isOpen}
    AND ${hosts.dueAt} > ${nowMs} AND (NOT (${takesNewPaths})
    OR ${deliveries.path} IN (SELECT value FROM json_each(${hosts.failingPaths}))))`
  const overdue = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(isNotNull(deliveries.dueAt), lte(deliveries.dueAt, nowMs), not(isSentNow), isHeldBack))
    .limit(maxParkedPerSweep)
  await db.update(deliveries).set(parked).where(inArray(deliveries.id, overdue))
}

/** Releases deliveries of every lane that is due: one trial where the circuit is open, else as many as fit. */
export async function releaseDueQueues(db: Database, nowMs: number): Promise<string[]> {
  const due = await db
    .select({
      host: hosts.host,
      ownerId: hosts.ownerId,
      consecutiveOutages: hosts.consecutiveOutages,
      isHostDown: sql`json_array_length(${hosts.failingPaths}) >= ${failingPathsToBlockHost}`.mapWith(
        Boolean,
      ),
    })
    .from(hosts)
    .where(and(isNotNull(hosts.dueAt), lte(hosts.dueAt, nowMs)))
    .orderBy(asc(hosts.dueAt))
    .limit(maxHostsPerSweep)
  const released = await Promise.all(
    due.map((lane) =>
      lane.consecutiveOutages >= failuresToOpenCircuit
        ? releaseTrial(db, lane, nowMs)
        : releaseQueue(db, lane, nowMs),
    ),
  )
  return released.flat().map(({ id }) => id)
}

async function releaseTrial(db: Database, lane: OpenLane, nowMs: number) {
  const [released] = await db.batch([
    releaseForTrial(db, lane, nowMs),
    // The delivery that is released claims the trial. If there is none, the next one that becomes due does.
    db
      .update(hosts)
      .set({ dueAt: null })
      .where(and(isRowOf(lane), isOpen, sql`NOT ${hasParked(lane)}`)),
  ])
  return released
}

async function releaseQueue(db: Database, lane: OpenLane, nowMs: number) {
  const [released] = await db.batch([
    releaseParked(db, lane, maxAttemptsPerHost, nowMs),
    db
      .update(hosts)
      .set({ dueAt: sql`CASE WHEN ${hasParked(lane)} THEN ${nowMs + sweepEveryMs} END` })
      .where(and(isRowOf(lane), not(isOpen))),
    forgetIfIdle(db, lane),
  ])
  return released
}
