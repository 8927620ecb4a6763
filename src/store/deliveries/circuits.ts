/**
 * A circuit is of one owner (an endpoint, or the API key that posted the job) at one host: nobody's failures hold up
 * another owner's deliveries. It opens once that host was down so often in a row, and is then tried on a schedule, by
 * one delivery at a time; the first answer closes it. Many share a host by its paths, so a path that has not failed may
 * try it at once, until so many paths have failed that the host itself is believed to be down. A host that takes what
 * it is sent has no row, and nothing here writes one for it.
 */
import { and, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { HostResult } from '../../core/delivery.ts'
import {
  failingPathsToBlockHost,
  failuresToOpenCircuit,
  leaseMs,
  maxAttemptsPerHost,
  streakForgottenMs,
  sweepEveryMs,
} from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { deliveries, hosts } from '../schema.ts'

/** One owner at one host: what has a circuit, places and a line of its own. */
export interface Lane {
  host: string
  ownerId: string
}

export function isRowOf({ host, ownerId }: Lane) {
  return and(eq(hosts.host, host), eq(hosts.ownerId, ownerId))
}

/** Where the statement is about the hosts table. */
export const isOpen = sql`${hosts.outages} >= ${failuresToOpenCircuit}`

/** Waiting in a line; in the words of the index that finds it. */
export const isParked = sql`${deliveries.dueAt} IS NULL AND ${deliveries.status} = 'pending'`

export const isSameLane = sql`${hosts.host} = ${deliveries.host} AND ${hosts.ownerId} = ${deliveries.ownerId}`

/** A caller has asked for it: it waits for no place and no circuit. The rate limit of the API bounds how many there are. */
export const isSentNow = sql`${deliveries.reason} IS 'sent_now'`

/** No trial is under way, and few paths have failed: one that has not may be tried. */
export const takesNewPaths = sql`${hosts.trial} IS NULL AND json_array_length(${hosts.failingPaths}) < ${failingPathsToBlockHost}`

/** The delivery that comes when an open circuit may be tried takes the one try there is, before it takes its own row. */
// Running this twice is harmless: the second finds the circuit under trial.
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

/** Whether the delivery's lane has a place for one more attempt; for an open circuit, whether this is the try. */
export function hasCapacity(lease: string, nowMs: number): SQL {
  const its = (condition: SQL) => sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${isSameLane} AND ${condition})`
  // Whatever is leased is due when its lease ends: these few rows are a range of the index, and cost no index of their own.
  const underWay = sql`(SELECT count(*) FROM (
    SELECT 1 FROM ${deliveries} AS busy WHERE busy.due_at > ${nowMs} AND busy.due_at <= ${nowMs + leaseMs}
    AND busy.host = ${deliveries.host} AND busy.owner_id = ${deliveries.ownerId} AND busy.lease IS NOT NULL
    LIMIT ${maxAttemptsPerHost}))`
  return sql`CASE WHEN ${isSentNow} THEN 1
    WHEN ${its(isOpen)} THEN ${its(sql`${hosts.trial} = ${lease}`)}
    ELSE ${underWay} < ${maxAttemptsPerHost} END`
}

interface Tried extends Lane {
  lease: string
  path: string
}

/** What an attempt told of its host. `waitsMs`: how long its circuit stays open, the first time and after each try. */
export function recordHostResult(
  db: Database,
  tried: Tried,
  news: HostResult,
  waitsMs: readonly number[],
  nowMs: number,
) {
  switch (news) {
    case 'accepted':
      return db
        .update(hosts)
        .set({ ...wellAgain, dueAt: nowMs + sweepEveryMs })
        .where(and(isRowOf(tried), gt(hosts.failures, 0)))
    case 'refused':
      return noteFailure(
        db,
        tried,
        {
          ...{
            firstOutages: 0,
            firstPaths: '[]',
            outages: sql`0`,
            failingPaths: sql`'[]'`,
            trial: sql`NULL`,
          },
          dueAt: lookAfter(tried, nowMs),
        },
        nowMs,
      )
    case 'down':
      return noteOutage(db, tried, waitsMs, nowMs)
    case 'not_sent':
      return returnTrial(db, tried, nowMs)
  }
}

function noteOutage(db: Database, tried: Tried, waitsMs: readonly number[], nowMs: number) {
  const { lease, path } = tried
  // Attempts that were under way when it opened tell nothing new: only the try moves an open circuit on.
  const isLate = sql`${isOpen} AND ${hosts.trial} IS NOT ${lease}`
  const isKnownPath = sql`${path} IN (SELECT value FROM json_each(${hosts.failingPaths}))`
  const hasRoom = sql`json_array_length(${hosts.failingPaths}) < ${failingPathsToBlockHost}`
  // The first failure of a path begins the waits anew: what was learned of the other paths says little of this one.
  const outages = sql`CASE WHEN ${isLate} THEN ${hosts.outages}
    WHEN ${isOpen} AND ${hasRoom} AND NOT ${isKnownPath} THEN ${failuresToOpenCircuit} ELSE ${hosts.outages} + 1 END`
  const steps = waitsMs.map((waitMs, step) => sql`WHEN ${step} THEN ${waitMs}`)
  const openWait = sql`CASE ${outages} - ${failuresToOpenCircuit} ${sql.join(steps, sql` `)} ELSE ${waitsMs.at(-1)} END`
  // In the order in which they failed last: the first is the next in turn.
  const withThis = sql`(SELECT json_group_array(value) FROM (SELECT value FROM json_each(${hosts.failingPaths})
    WHERE value <> ${path} UNION ALL SELECT ${path}))`
  return noteFailure(
    db,
    tried,
    {
      ...{ firstOutages: 1, firstPaths: JSON.stringify([path]), outages },
      failingPaths: sql`CASE WHEN ${hasRoom} OR ${isKnownPath} THEN ${withThis} ELSE ${hosts.failingPaths} END`,
      trial: sql`CASE WHEN ${hosts.trial} = ${lease} THEN NULL ELSE ${hosts.trial} END`,
      dueAt: sql`CASE WHEN ${isLate} OR ${outages} < ${failuresToOpenCircuit} THEN ${hosts.dueAt}
        ELSE ${nowMs} + ${openWait} END`,
    },
    nowMs,
  )
}

/** The try was not made: another delivery may. */
export function returnTrial(db: Database, tried: Lane & { lease: string }, nowMs: number) {
  return db
    .update(hosts)
    .set({ trial: null, dueAt: nowMs })
    .where(and(isRowOf(tried), eq(hosts.trial, tried.lease)))
}

/** Somebody says that it is well again: what it did is forgotten, and its line is looked after at the next sweep. */
export function closeCircuit(db: Database, lane: Lane, nowMs: number) {
  return db
    .update(hosts)
    .set({ ...wellAgain, dueAt: nowMs })
    .where(isRowOf(lane))
}

/** A host that is well, and that nobody waits for, has no row. */
export function forgetIfIdle(db: Database, lane: Lane) {
  return db.delete(hosts).where(and(isRowOf(lane), eq(hosts.failures, 0), sql`NOT ${hasQueue(lane)}`))
}

export function hasQueue({ host, ownerId }: Lane): SQL {
  return sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.host} = ${host}
    AND ${deliveries.ownerId} = ${ownerId} AND ${isParked})`
}

const wellAgain = {
  ...{ failures: 0, failingSince: null, failedAt: null, outages: 0, failingPaths: '[]', trial: null },
}

/** When a closed circuit's line is looked after next. Null: there is none. */
function lookAfter(lane: Lane, nowMs: number): SQL {
  return sql`CASE WHEN ${hasQueue(lane)} THEN ${nowMs + sweepEveryMs} END`
}

/** `firstOutages` and `firstPaths`: what it counts for where it begins a streak. */
interface Failure {
  firstOutages: number
  firstPaths: string
  outages: SQL
  failingPaths: SQL
  trial: SQL
  dueAt: SQL
}

function noteFailure(db: Database, lane: Lane, failure: Failure, nowMs: number) {
  const { host, ownerId } = lane
  const { firstOutages, firstPaths, ...next } = failure
  const begins = sql`${hosts.failedAt} IS NULL OR ${hosts.failedAt} <= ${nowMs - streakForgottenMs}`
  const either = (first: unknown, later: unknown) => sql`CASE WHEN ${begins} THEN ${first} ELSE ${later} END`
  const first = { failures: 1, failingSince: nowMs, failedAt: nowMs }
  return db
    .insert(hosts)
    .values({ host, ownerId, ...first, outages: firstOutages, failingPaths: firstPaths })
    .onConflictDoUpdate({
      target: [hosts.host, hosts.ownerId],
      set: {
        failures: either(1, sql`${hosts.failures} + 1`),
        failingSince: either(nowMs, hosts.failingSince),
        failedAt: nowMs,
        outages: either(firstOutages, next.outages),
        failingPaths: either(firstPaths, next.failingPaths),
        trial: either(null, next.trial),
        dueAt: either(lookAfter(lane, nowMs), next.dueAt),
      },
    })
}
