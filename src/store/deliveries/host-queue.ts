/**
 * The queue of each lane: deliveries that are parked until the circuit closes, or until another attempt ends. A parked
 * delivery has no due time, so a long queue costs nothing. Each attempt that ends releases the next; the sweep
 * (host-queue-sweep.ts) releases those that a crash left behind.
 */
import { and, asc, desc, eq, inArray, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { failingPathsToBlockHost, maxAttemptsPerHost } from '../../core/schedule/deliveries.ts'
import { sweepEveryMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { deliveries, hosts } from '../schema.ts'
import { isDeliveryOf, isOpen, isParked, isRowOf, type Lane, takesNewPaths } from './lane.ts'

/** The columns of a parked delivery. */
export const parked = { dueAt: null, lease: null, reason: 'waiting_for_host' as const }

/** Parks a delivery that is still due after its claim, and gives its lane a row by which the sweep finds the queue. */
export function park(db: Database, id: string, nowMs: number) {
  const parkDelivery = db
    .update(deliveries)
    .set(parked)
    .where(and(eq(deliveries.id, id), lte(deliveries.dueAt, nowMs)))
    .returning({ host: deliveries.host })
  const due = { atMs: nowMs + sweepEveryMs, alsoIf: isNull(hosts.dueAt) }
  return { parkDelivery, noteHost: noteWaitingHosts(db, eq(deliveries.id, id), due) }
}

/**
 * Makes the lanes due in which some of these deliveries are parked: those without a row, and those whose row meets the
 * condition. Most lanes with a queue have a row that does not, and are not written.
 */
export function noteWaitingHosts(db: Database, some: SQL, { atMs, alsoIf }: { atMs: number; alsoIf: SQL }) {
  return db
    .insert(hosts)
    .select(
      db
        .selectDistinct({
          host: deliveries.host,
          ownerId: deliveries.ownerId,
          failures: sql<number>`0`.as('failures'),
          failingSince: sql<number | null>`NULL`.as('failing_since'),
          failedAt: sql<number | null>`NULL`.as('failed_at'),
          consecutiveOutages: sql<number>`0`.as('consecutive_outages'),
          failingPaths: sql<string>`'[]'`.as('failing_paths'),
          dueAt: sql<number>`${atMs}`.as('due_at'),
          trial: sql<string | null>`NULL`.as('trial'),
        })
        .from(deliveries)
        .where(and(some, isParked)),
    )
    .onConflictDoUpdate({
      target: [hosts.host, hosts.ownerId],
      set: { dueAt: sql`excluded.due_at` },
      setWhere: alsoIf,
    })
}

/** Makes the oldest parked deliveries of a lane due. */
export function releaseParked(db: Database, lane: Lane, count: number, nowMs: number) {
  return release(db, lane, { order: asc(deliveries.id), count }, nowMs)
}

/** After an attempt: its place is free for the next delivery. A trial that closed the circuit frees all places. */
export function releaseNext(db: Database, lane: Lane & { isTrial: boolean }, nowMs: number) {
  const onlyIf = sql`NOT EXISTS (SELECT 1 FROM ${hosts} WHERE ${isRowOf(lane)} AND ${isOpen})`
  const count = lane.isTrial ? maxAttemptsPerHost : 1
  return release(db, lane, { order: asc(deliveries.id), count, onlyIf }, nowMs)
}

/** After an attempt that left the circuit open: the next delivery may be one of a path that has not failed. */
export function releaseNewPath(db: Database, lane: Lane, nowMs: number) {
  const onlyIf = sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${isRowOf(lane)} AND ${isOpen} AND ${takesNewPaths})`
  const path = newParkedPath(lane)
  return release(db, lane, { path, order: asc(deliveries.id), count: 1, onlyIf }, nowMs)
}

export interface OpenLane extends Lane {
  consecutiveOutages: number
  /** `failingPathsToBlockHost` paths have failed: the host itself counts as down. */
  isHostDown: boolean
}

/**
 * Makes one delivery due, as the trial of an open circuit. The failing paths take turns, each with its oldest delivery,
 * so a dead path delays the others by one turn at most. Once the host itself is down, the newest and the oldest
 * delivery take turns. The newest may have a path that works. The oldest must get through its schedule, because the
 * owner of a host that stays down is disabled by that.
 */
export function releaseForTrial(db: Database, lane: OpenLane, nowMs: number) {
  if (!lane.isHostDown) {
    const path = sql`coalesce(${newParkedPath(lane)}, ${nextFailingPath(lane)})`
    return release(db, lane, { path, order: asc(deliveries.id), count: 1 }, nowMs)
  }
  const order = lane.consecutiveOutages % 2 === 0 ? desc(deliveries.id) : asc(deliveries.id)
  return release(db, lane, { order, count: 1 }, nowMs)
}

interface Choice {
  path?: SQL
  order: SQL
  count: number
  onlyIf?: SQL
}

function release(db: Database, lane: Lane, { path, order, count, onlyIf }: Choice, nowMs: number) {
  const chosen = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(isDeliveryOf(lane), isParked, path && sql`${deliveries.path} = ${path}`))
    .orderBy(order)
    .limit(count)
  return db
    .update(deliveries)
    .set({ dueAt: nowMs, reason: null })
    .where(and(inArray(deliveries.id, chosen), onlyIf))
    .returning({ id: deliveries.id })
}

/** A parked path that is not among the failing ones: one index seek for each path, however many deliveries wait. */
function newParkedPath(lane: Lane): SQL {
  const next = (after: SQL) => sql`(SELECT min(parked.path) FROM ${parkedIn(lane)} ${after})`
  return sql`(WITH RECURSIVE paths(path) AS (
      SELECT ${next(sql``)}
      UNION ALL SELECT ${next(sql`AND parked.path > paths.path`)} FROM paths WHERE paths.path IS NOT NULL
      LIMIT ${failingPathsToBlockHost + 1}
    )
    SELECT path FROM paths WHERE path IS NOT NULL AND path NOT IN (SELECT value FROM ${failingPathsOf(lane)}) LIMIT 1)`
}

/** The failing path with a parked delivery whose latest failure is the oldest. */
function nextFailingPath(lane: Lane): SQL {
  return sql`(SELECT failing.value FROM ${failingPathsOf(lane)} AS failing
    WHERE EXISTS (SELECT 1 FROM ${parkedIn(lane)} AND parked.path = failing.value)
    ORDER BY failing.key LIMIT 1)`
}

/** The parked deliveries of a lane under the name `parked`, up to and with their WHERE. */
function parkedIn({ host, ownerId }: Lane): SQL {
  return sql`${deliveries} AS parked WHERE parked.host = ${host} AND parked.owner_id = ${ownerId}
    AND parked.due_at IS NULL AND parked.status = 'pending'`
}

function failingPathsOf(lane: Lane): SQL {
  return sql`json_each((SELECT ${hosts.failingPaths} FROM ${hosts} WHERE ${isRowOf(lane)}))`
}
