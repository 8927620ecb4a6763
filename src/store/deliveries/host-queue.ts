/**
 * The line of an owner at a host: deliveries that wait until its circuit closes, or for a place among the attempts under way.
 * Who waits in it is not due, so it costs nothing however long it is: each attempt that ends wakes the next, and the
 * sweep wakes those whom a crash left waiting.
 */
import { and, asc, desc, eq, inArray, isNotNull, isNull, lte, not, type SQL, sql } from 'drizzle-orm'
import {
  failingPathsToBlockHost,
  failuresToOpenCircuit,
  maxAttemptsPerHost,
  sweepEveryMs,
} from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { deliveries, hosts } from '../schema.ts'
import {
  forgetIfIdle,
  hasQueue,
  isOpen,
  isParked,
  isRowOf,
  isSameLane,
  isSentNow,
  type Lane,
  takesNewPaths,
} from './circuits.ts'

/** The delivery that is still due after its claim was held back: it waits in line, and its host's row says so. */
export function park(db: Database, id: string, nowMs: number) {
  const stand = db
    .update(deliveries)
    .set(waiting)
    .where(and(eq(deliveries.id, id), lte(deliveries.dueAt, nowMs)))
    .returning({ host: deliveries.host })
  return {
    stand,
    note: noteWaitingHosts(db, eq(deliveries.id, id), nowMs + sweepEveryMs, isNull(hosts.dueAt)),
  }
}

/**
 * The hosts that some of these deliveries wait in line for are looked after at that time: those that had no row, and
 * those whose row is so. Most have one that is not, and are not written.
 */
export function noteWaitingHosts(db: Database, some: SQL, dueAt: number, alsoIf: SQL) {
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
          outages: sql<number>`0`.as('outages'),
          failingPaths: sql<string>`'[]'`.as('failing_paths'),
          dueAt: sql<number>`${dueAt}`.as('due_at'),
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

const waiting = { dueAt: null, lease: null, reason: 'waiting_for_host' as const }

/** The first of a line are due again. */
export function releaseParked(db: Database, lane: Lane, count: number, nowMs: number, onlyIf?: SQL) {
  return wakeBy(db, lane, { order: asc(deliveries.id), count, onlyIf }, nowMs)
}

/**
 * One is due, to try an open circuit. Its failing paths take turns, and the oldest of a path goes first: a path that is
 * dead holds up no other for longer than a turn. Where too many paths have failed to be told apart, the newest in line
 * and the oldest take turns: the newest may be of a path that works, and some delivery must get through its schedule,
 * because by that a host that stays down is known.
 */
function wakeForTry(db: Database, lane: Lane & { outages: number; isBelieved: boolean }, nowMs: number) {
  if (!lane.isBelieved) {
    const path = sql`coalesce(${newPathInLine(lane)}, ${pathInTurn(lane)})`
    return wakeBy(db, lane, { path, order: asc(deliveries.id), count: 1 }, nowMs)
  }
  const order = lane.outages % 2 === 0 ? desc(deliveries.id) : asc(deliveries.id)
  return wakeBy(db, lane, { order, count: 1 }, nowMs)
}

interface Choice {
  path?: SQL
  order: SQL
  count: number
  onlyIf?: SQL | undefined
}

function wakeBy(db: Database, lane: Lane, { path, order, count, onlyIf }: Choice, nowMs: number) {
  const chosen = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(isOf(lane), isParked, path && sql`${deliveries.path} = ${path}`))
    .orderBy(order)
    .limit(count)
  return db
    .update(deliveries)
    .set({ dueAt: nowMs, reason: null })
    .where(and(inArray(deliveries.id, chosen), onlyIf))
    .returning({ id: deliveries.id })
}

function isOf({ host, ownerId }: Lane) {
  return and(eq(deliveries.host, host), eq(deliveries.ownerId, ownerId))
}

/** An attempt has ended: its place is free for the next in line, or, where the circuit has closed, all places are. */
export function releaseNext(db: Database, lane: Lane, wasTrial: boolean, nowMs: number) {
  const closed = sql`NOT EXISTS (SELECT 1 FROM ${hosts} WHERE ${isRowOf(lane)} AND ${isOpen})`
  return releaseParked(db, lane, wasTrial ? maxAttemptsPerHost : 1, nowMs, closed)
}

/** An attempt has failed and the circuit is open: the next may be of a path that has not failed. */
export function releaseNewPath(db: Database, lane: Lane, nowMs: number) {
  const onlyIf = sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${isRowOf(lane)} AND ${isOpen} AND ${takesNewPaths})`
  return wakeBy(db, lane, { path: newPathInLine(lane), order: asc(deliveries.id), count: 1, onlyIf }, nowMs)
}

const failingPathsOf = (lane: Lane) =>
  sql`json_each((SELECT ${hosts.failingPaths} FROM ${hosts} WHERE ${isRowOf(lane)}))`

/** A path in line that is not among the failing. One seek of the index a path, however many deliveries wait for each. */
function newPathInLine(lane: Lane): SQL {
  const { host, ownerId } = lane
  const next = (after: SQL) => sql`(SELECT min(waiting.path) FROM ${deliveries} AS waiting
    WHERE waiting.host = ${host} AND waiting.owner_id = ${ownerId} AND waiting.due_at IS NULL
    AND waiting.status = 'pending' ${after})`
  return sql`(WITH RECURSIVE paths(path) AS (
      SELECT ${next(sql``)}
      UNION ALL SELECT ${next(sql`AND waiting.path > paths.path`)} FROM paths WHERE paths.path IS NOT NULL
      LIMIT ${failingPathsToBlockHost + 1}
    )
    SELECT path FROM paths WHERE path IS NOT NULL AND path NOT IN (SELECT value FROM ${failingPathsOf(lane)}) LIMIT 1)`
}

/** Of the failing paths that are in line, the one whose last failure is the longest ago. */
function pathInTurn(lane: Lane): SQL {
  const { host, ownerId } = lane
  return sql`(SELECT failing.value FROM ${failingPathsOf(lane)} AS failing WHERE EXISTS (
      SELECT 1 FROM ${deliveries} AS waiting WHERE waiting.host = ${host} AND waiting.owner_id = ${ownerId}
      AND waiting.path = failing.value AND waiting.due_at IS NULL AND waiting.status = 'pending'
    ) ORDER BY failing.key LIMIT 1)`
}

// What is left over is looked after at the next sweep.
const mostHostsPerSweep = 100
const mostParkedPerSweep = 5_000

/** Whoever is overdue at a host that is not to be tried now goes to its line, all at once. */
export async function parkOverdue(db: Database, nowMs: number): Promise<void> {
  const closed = sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${isSameLane} AND ${isOpen}
    AND ${hosts.dueAt} > ${nowMs} AND (NOT (${takesNewPaths})
    OR ${deliveries.path} IN (SELECT value FROM json_each(${hosts.failingPaths}))))`
  const overdue = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(isNotNull(deliveries.dueAt), lte(deliveries.dueAt, nowMs), not(isSentNow), closed))
    .limit(mostParkedPerSweep)
  await db.update(deliveries).set(waiting).where(inArray(deliveries.id, overdue))
}

/** Wakes the first of every line that is to be looked after, or the one that an open circuit is tried by. */
export async function releaseDueQueues(db: Database, nowMs: number): Promise<string[]> {
  const due = await db
    .select({
      ...{ host: hosts.host, ownerId: hosts.ownerId, outages: hosts.outages },
      isBelieved: sql`json_array_length(${hosts.failingPaths}) >= ${failingPathsToBlockHost}`.mapWith(
        Boolean,
      ),
    })
    .from(hosts)
    .where(and(isNotNull(hosts.dueAt), lte(hosts.dueAt, nowMs)))
    .orderBy(asc(hosts.dueAt))
    .limit(mostHostsPerSweep)
  const woken = await Promise.all(due.map((lane) => wakeLine(db, lane, nowMs)))
  return woken.flat()
}

async function wakeLine(
  db: Database,
  lane: Lane & { outages: number; isBelieved: boolean },
  nowMs: number,
): Promise<string[]> {
  const row = isRowOf(lane)
  const [woken] =
    lane.outages >= failuresToOpenCircuit
      ? await db.batch([
          wakeForTry(db, lane, nowMs),
          // The one that is woken takes the try. Where there is none, whoever comes next takes it.
          db
            .update(hosts)
            .set({ dueAt: null })
            .where(and(row, isOpen, sql`NOT ${hasQueue(lane)}`)),
        ])
      : await db.batch([
          releaseParked(db, lane, maxAttemptsPerHost, nowMs),
          db
            .update(hosts)
            .set({ dueAt: sql`CASE WHEN ${hasQueue(lane)} THEN ${nowMs + sweepEveryMs} END` })
            .where(and(row, not(isOpen))),
          forgetIfIdle(db, lane),
        ])
  return woken.map(({ id }) => id)
}
