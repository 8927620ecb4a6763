/**
 * The line of a host: deliveries that wait until its circuit closes, or for a place among the attempts under way.
 * Who waits in it is not due, so it costs nothing however long it is: each attempt that ends wakes the next, and the
 * sweep wakes those whom a crash left waiting.
 */
import { and, asc, desc, eq, inArray, isNotNull, isNull, lte, not, type SQL, sql } from 'drizzle-orm'
import { attemptsAtOncePerHost, outagesToOpen, sweepEveryMs } from '../core/schedule.ts'
import { forgetIfIdle, hasLine, inLine, isOpen } from './circuits.ts'
import type { Database } from './database.ts'
import { deliveries, hosts } from './schema.ts'

/** The delivery that is still due after its claim was held back: it waits in line, and its host's row says so. */
export function standInLine(db: Database, id: string, nowMs: number) {
  const stand = db
    .update(deliveries)
    .set(waiting)
    .where(and(eq(deliveries.id, id), lte(deliveries.dueAt, nowMs)))
    .returning({ host: deliveries.host })
  return { stand, note: noteLines(db, eq(deliveries.id, id), nowMs + sweepEveryMs, isNull(hosts.dueAt)) }
}

/**
 * The hosts that some of these deliveries wait in line for are looked after at that time: those that had no row, and
 * those whose row is so. Most have one that is not, and are not written.
 */
export function noteLines(db: Database, some: SQL, dueAt: number, alsoIf: SQL) {
  return db
    .insert(hosts)
    .select(
      db
        .selectDistinct({
          host: deliveries.host,
          failures: sql<number>`0`.as('failures'),
          failingSince: sql<number | null>`NULL`.as('failing_since'),
          failedAt: sql<number | null>`NULL`.as('failed_at'),
          outages: sql<number>`0`.as('outages'),
          dueAt: sql<number>`${dueAt}`.as('due_at'),
          probe: sql<string | null>`NULL`.as('probe'),
        })
        .from(deliveries)
        .where(and(some, inLine)),
    )
    .onConflictDoUpdate({
      target: hosts.host,
      set: { dueAt: sql`excluded.due_at` },
      setWhere: alsoIf,
    })
}

const waiting = { dueAt: null, lease: null, reason: 'in_line' as const }

/** The first of a line are due again. */
export function wake(db: Database, host: string, count: number, nowMs: number, onlyIf?: SQL) {
  return wakeBy(db, host, asc(deliveries.id), count, nowMs, onlyIf)
}

/**
 * One is due, to try an open circuit: the last in line and the first in turn. Many share a host, and whoever stands at
 * the head for a path of it that is dead must not stand before the others; but somebody must get through its schedule,
 * however many come, for by that a host that stays down is known.
 */
function wakeForTry(db: Database, host: string, outages: number, nowMs: number) {
  const order = outages % 2 === 0 ? desc(deliveries.id) : asc(deliveries.id)
  return wakeBy(db, host, order, 1, nowMs)
}

function wakeBy(db: Database, host: string, order: SQL, count: number, nowMs: number, onlyIf?: SQL) {
  const chosen = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(eq(deliveries.host, host), inLine))
    .orderBy(order)
    .limit(count)
  return db
    .update(deliveries)
    .set({ dueAt: nowMs, reason: null })
    .where(and(inArray(deliveries.id, chosen), onlyIf))
    .returning({ id: deliveries.id })
}

/** An attempt has ended: its place is free for the next in line, or, where the circuit has closed, all places are. */
export function wakeNext(db: Database, host: string, wasProbe: boolean, nowMs: number) {
  const closed = sql`NOT EXISTS (SELECT 1 FROM ${hosts} WHERE ${hosts.host} = ${host} AND ${isOpen})`
  return wake(db, host, wasProbe ? attemptsAtOncePerHost : 1, nowMs, closed)
}

// What is left over is looked after at the next sweep.
const mostHostsPerSweep = 100
const mostParkedPerSweep = 5_000

/** Whoever is overdue at a host that is not to be tried now goes to its line, all at once. */
export async function clearOverdue(db: Database, nowMs: number): Promise<void> {
  const closed = sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${hosts.host} = ${deliveries.host} AND ${isOpen} AND ${hosts.dueAt} > ${nowMs})`
  const overdue = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(isNotNull(deliveries.dueAt), lte(deliveries.dueAt, nowMs), closed))
    .limit(mostParkedPerSweep)
  await db.update(deliveries).set(waiting).where(inArray(deliveries.id, overdue))
}

/** Wakes the first of every line that is to be looked after, or the one that an open circuit is tried by. */
export async function wakeLines(db: Database, nowMs: number): Promise<string[]> {
  const due = await db
    .select({ host: hosts.host, outages: hosts.outages })
    .from(hosts)
    .where(and(isNotNull(hosts.dueAt), lte(hosts.dueAt, nowMs)))
    .orderBy(asc(hosts.dueAt))
    .limit(mostHostsPerSweep)
  const woken = await Promise.all(due.map(({ host, outages }) => wakeLine(db, host, outages, nowMs)))
  return woken.flat()
}

async function wakeLine(db: Database, host: string, outages: number, nowMs: number): Promise<string[]> {
  const row = eq(hosts.host, host)
  const [woken] =
    outages >= outagesToOpen
      ? await db.batch([
          wakeForTry(db, host, outages, nowMs),
          // The one that is woken takes the try. Where there is none, whoever comes next takes it.
          db
            .update(hosts)
            .set({ dueAt: null })
            .where(and(row, isOpen, sql`NOT ${hasLine(host)}`)),
        ])
      : await db.batch([
          wake(db, host, attemptsAtOncePerHost, nowMs),
          db
            .update(hosts)
            .set({ dueAt: sql`CASE WHEN ${hasLine(host)} THEN ${nowMs + sweepEveryMs} END` })
            .where(and(row, not(isOpen))),
          forgetIfIdle(db, host),
        ])
  return woken.map(({ id }) => id)
}
