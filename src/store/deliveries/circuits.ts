/** The circuit of each lane: which delivery is its trial, and what the result of an attempt does to the lane (lane.ts). */
import { and, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { HostResult } from '../../core/delivery.ts'
import {
  failingPathsToBlockHost,
  failuresToOpenCircuit,
  streakForgottenMs,
} from '../../core/schedule/deliveries.ts'
import { leaseMs, sweepEveryMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { deliveries, hosts } from '../schema.ts'
import { hasParked, isOpen, isRowOf, isSentNow, type Lane, takesNewPaths } from './lane.ts'

/** A due delivery claims the one trial of an open circuit that may be tried. It comes before the claim of its row. */
// Running this twice is harmless: the second finds the circuit on trial.
export function claimTrial(db: Database, deliveryId: string, lease: string, nowMs: number) {
  const isDue = sql`${hosts.dueAt} IS NULL OR ${hosts.dueAt} <= ${nowMs}`
  const isNewPath = sql`${takesNewPaths} AND ${deliveries.path} NOT IN (SELECT value FROM json_each(${hosts.failingPaths}))`
  return db
    .update(hosts)
    .set({ trial: lease, dueAt: nowMs + leaseMs })
    .where(
      and(
        isLaneOf(deliveryId),
        isOpen,
        sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.id} = ${deliveryId}
          AND ${deliveries.dueAt} <= ${nowMs}
          AND (${isDue} OR (${isNewPath}) OR (${isSentNow} AND ${hosts.trial} IS NULL)))`,
      ),
    )
}

function isLaneOf(deliveryId: string): SQL {
  return sql`(${hosts.host}, ${hosts.ownerId}) IN (SELECT ${deliveries.host}, ${deliveries.ownerId}
    FROM ${deliveries} WHERE ${deliveries.id} = ${deliveryId})`
}

interface AttemptedDelivery extends Lane {
  lease: string
  path: string
}

export interface RecordedResult {
  hostResult: HostResult
  /** How long the circuit stays open, the first time and after each trial. */
  circuitWaitsMs: readonly number[]
}

export function recordHostResult(
  db: Database,
  attempted: AttemptedDelivery,
  { hostResult, circuitWaitsMs }: RecordedResult,
  nowMs: number,
) {
  switch (hostResult) {
    case 'accepted':
      return db
        .update(hosts)
        .set({ ...healthy, dueAt: nowMs + sweepEveryMs })
        .where(and(isRowOf(attempted), gt(hosts.failures, 0)))
    case 'refused':
      return recordRefusal(db, attempted, nowMs)
    case 'down':
      return recordOutage(db, attempted, circuitWaitsMs, nowMs)
    case 'not_sent':
      return returnTrial(db, attempted, nowMs)
  }
}

function recordRefusal(db: Database, lane: Lane, nowMs: number) {
  const failure = {
    firstOutages: 0,
    firstPaths: '[]',
    consecutiveOutages: sql`0`,
    failingPaths: sql`'[]'`,
    trial: sql`NULL`,
    dueAt: nextLook(lane, nowMs),
  }
  return recordFailure(db, lane, failure, nowMs)
}

function recordOutage(db: Database, attempted: AttemptedDelivery, waitsMs: readonly number[], nowMs: number) {
  const { lease, path } = attempted
  // Attempts that were under way when the circuit opened add no outage: only the trial does.
  const isLate = sql`${isOpen} AND ${hosts.trial} IS NOT ${lease}`
  const isFailingPath = sql`${path} IN (SELECT value FROM json_each(${hosts.failingPaths}))`
  const hasRoom = sql`json_array_length(${hosts.failingPaths}) < ${failingPathsToBlockHost}`
  // The first failure of another path restarts the waits: the failures of other paths say little about this one.
  const outages = sql`CASE WHEN ${isLate} THEN ${hosts.consecutiveOutages}
    WHEN ${isOpen} AND ${hasRoom} AND NOT ${isFailingPath} THEN ${failuresToOpenCircuit}
    ELSE ${hosts.consecutiveOutages} + 1 END`
  const waits = waitsMs.map((waitMs, step) => sql`WHEN ${step} THEN ${waitMs}`)
  const openForMs = sql`CASE ${outages} - ${failuresToOpenCircuit} ${sql.join(waits, sql` `)} ELSE ${waitsMs.at(-1)} END`
  // Ordered by their latest failure: the first is the next one to be tried.
  const withThisPath = sql`(SELECT json_group_array(value) FROM (SELECT value FROM json_each(${hosts.failingPaths})
    WHERE value <> ${path} UNION ALL SELECT ${path}))`
  const failure = {
    firstOutages: 1,
    firstPaths: JSON.stringify([path]),
    consecutiveOutages: outages,
    failingPaths: sql`CASE WHEN ${hasRoom} OR ${isFailingPath} THEN ${withThisPath} ELSE ${hosts.failingPaths} END`,
    trial: sql`CASE WHEN ${hosts.trial} = ${lease} THEN NULL ELSE ${hosts.trial} END`,
    dueAt: sql`CASE WHEN ${isLate} OR ${outages} < ${failuresToOpenCircuit} THEN ${hosts.dueAt}
      ELSE ${nowMs} + ${openForMs} END`,
  }
  return recordFailure(db, attempted, failure, nowMs)
}

interface Failure {
  /** The outages and failing paths when this failure is the first of a streak. */
  firstOutages: number
  firstPaths: string
  /** The columns when it continues one. */
  consecutiveOutages: SQL
  failingPaths: SQL
  trial: SQL
  dueAt: SQL
}

function recordFailure(db: Database, lane: Lane, failure: Failure, nowMs: number) {
  const { host, ownerId } = lane
  const { firstOutages, firstPaths, ...next } = failure
  const isFirst = sql`${hosts.failedAt} IS NULL OR ${hosts.failedAt} <= ${nowMs - streakForgottenMs}`
  const either = (first: unknown, later: unknown) => sql`CASE WHEN ${isFirst} THEN ${first} ELSE ${later} END`
  const streak = { failures: 1, failingSince: nowMs, failedAt: nowMs }
  return db
    .insert(hosts)
    .values({ host, ownerId, ...streak, consecutiveOutages: firstOutages, failingPaths: firstPaths })
    .onConflictDoUpdate({
      target: [hosts.host, hosts.ownerId],
      set: {
        failures: either(1, sql`${hosts.failures} + 1`),
        failingSince: either(nowMs, hosts.failingSince),
        failedAt: nowMs,
        consecutiveOutages: either(firstOutages, next.consecutiveOutages),
        failingPaths: either(firstPaths, next.failingPaths),
        trial: either(null, next.trial),
        dueAt: either(nextLook(lane, nowMs), next.dueAt),
      },
    })
}

/** When the queue of a closed circuit is next looked after. Null: it is empty. */
function nextLook(lane: Lane, nowMs: number): SQL {
  return sql`CASE WHEN ${hasParked(lane)} THEN ${nowMs + sweepEveryMs} END`
}

/** The trial was claimed and nothing was sent: another delivery may be the trial at once. */
export function returnTrial(db: Database, attempted: Lane & { lease: string }, nowMs: number) {
  return db
    .update(hosts)
    .set({ trial: null, dueAt: nowMs })
    .where(and(isRowOf(attempted), eq(hosts.trial, attempted.lease)))
}

/** Forgets the failures of the lane, because a caller enabled it again. The next sweep looks after its queue. */
export function closeCircuit(db: Database, lane: Lane, nowMs: number) {
  return db
    .update(hosts)
    .set({ ...healthy, dueAt: nowMs })
    .where(isRowOf(lane))
}

/** Deletes the row of a lane that is healthy and has nothing parked. */
export function forgetIfIdle(db: Database, lane: Lane) {
  return db.delete(hosts).where(and(isRowOf(lane), eq(hosts.failures, 0), sql`NOT ${hasParked(lane)}`))
}

const healthy = {
  failures: 0,
  failingSince: null,
  failedAt: null,
  consecutiveOutages: 0,
  failingPaths: '[]',
  trial: null,
}
