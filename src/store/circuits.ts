/**
 * The circuit of a host: open once the host was down so often in a row, and from then on tried on a schedule, by one
 * delivery at a time; closed by the first answer. A host that takes what it is sent has no row, and nothing here
 * writes one for it.
 */
import { and, eq, gt, inArray, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { HostNews } from '../core/delivery.ts'
import {
  attemptsAtOncePerHost,
  leaseMs,
  outagesToOpen,
  streakForgottenMs,
  sweepEveryMs,
} from '../core/schedule.ts'
import type { Database } from './database.ts'
import { deliveries, hosts } from './schema.ts'

/** Where the statement is about the hosts table. */
export const isOpen = sql`${hosts.outages} >= ${outagesToOpen}`

/** Waiting in a line; in the words of the index that finds it. */
export const inLine = sql`${deliveries.dueAt} IS NULL AND ${deliveries.status} = 'pending'`

/** The delivery that comes when an open circuit is due takes the one try there is, before it takes its own row. */
// Running this twice is harmless: the second finds the circuit not due.
export function takeProbe(db: Database, deliveryId: string, lease: string, nowMs: number) {
  const hostOfDue = db
    .select({ host: deliveries.host })
    .from(deliveries)
    .where(and(eq(deliveries.id, deliveryId), lte(deliveries.dueAt, nowMs)))
  return db
    .update(hosts)
    .set({ probe: lease, dueAt: nowMs + leaseMs })
    .where(and(inArray(hosts.host, hostOfDue), isOpen, or(isNull(hosts.dueAt), lte(hosts.dueAt, nowMs))))
}

/** Whether the host of the delivery has a place for one more attempt; for an open circuit, whether this is the try. */
export function hasPlace(lease: string, nowMs: number): SQL {
  const its = (condition: SQL) =>
    sql`EXISTS (SELECT 1 FROM ${hosts} WHERE ${hosts.host} = ${deliveries.host} AND ${condition})`
  // Whatever is leased is due when its lease ends: these few rows are a range of the index, and cost no index of their own.
  const underWay = sql`(SELECT count(*) FROM (
    SELECT 1 FROM ${deliveries} AS busy WHERE busy.due_at > ${nowMs} AND busy.due_at <= ${nowMs + leaseMs}
    AND busy.host = ${deliveries.host} AND busy.lease IS NOT NULL LIMIT ${attemptsAtOncePerHost}))`
  return sql`CASE WHEN ${its(isOpen)} THEN ${its(sql`${hosts.probe} = ${lease}`)}
    ELSE ${underWay} < ${attemptsAtOncePerHost} END`
}

/** What an attempt told of its host. `waitsMs`: how long its circuit stays open, the first time and after each try. */
export function noteNews(
  db: Database,
  { host, lease }: { host: string; lease: string },
  news: HostNews,
  waitsMs: readonly number[],
  nowMs: number,
) {
  switch (news) {
    case 'took it':
      return db
        .update(hosts)
        .set({ ...wellAgain, dueAt: nowMs + sweepEveryMs })
        .where(and(eq(hosts.host, host), gt(hosts.failures, 0)))
    case 'refused':
      return noteFailure(db, host, nowMs, 0, {
        outages: sql`0`,
        probe: sql`NULL`,
        dueAt: lookAfter(host, nowMs),
      })
    case 'down': {
      // Attempts that were under way when it opened tell nothing new: only the try moves an open circuit on.
      const isLate = sql`${isOpen} AND ${hosts.probe} IS NOT ${lease}`
      const steps = waitsMs.map((waitMs, step) => sql`WHEN ${step} THEN ${waitMs}`)
      const openWait = sql`CASE ${hosts.outages} + 1 - ${outagesToOpen} ${sql.join(steps, sql` `)} ELSE ${waitsMs.at(-1)} END`
      return noteFailure(db, host, nowMs, 1, {
        outages: sql`CASE WHEN ${isLate} THEN ${hosts.outages} ELSE ${hosts.outages} + 1 END`,
        probe: sql`CASE WHEN ${hosts.probe} = ${lease} THEN NULL ELSE ${hosts.probe} END`,
        dueAt: sql`CASE WHEN ${isLate} OR ${hosts.outages} + 1 < ${outagesToOpen} THEN ${hosts.dueAt}
          ELSE ${nowMs} + ${openWait} END`,
      })
    }
    case 'unasked':
      return returnProbe(db, { host, lease }, nowMs)
  }
}

/** The try was not made: another delivery may. */
export function returnProbe(db: Database, { host, lease }: { host: string; lease: string }, nowMs: number) {
  return db
    .update(hosts)
    .set({ probe: null, dueAt: nowMs })
    .where(and(eq(hosts.host, host), eq(hosts.probe, lease)))
}

/** Somebody says that it is well again: what it did is forgotten, and its line is looked after at the next sweep. */
export function closeCircuit(db: Database, host: string, nowMs: number) {
  return db
    .update(hosts)
    .set({ ...wellAgain, dueAt: nowMs })
    .where(eq(hosts.host, host))
}

/** Somebody asks for this delivery now: an open circuit may be tried by it. */
export function hurryCircuit(db: Database, deliveryId: string, nowMs: number) {
  const its = db.select({ host: deliveries.host }).from(deliveries).where(eq(deliveries.id, deliveryId))
  return db
    .update(hosts)
    .set({ dueAt: nowMs })
    .where(and(inArray(hosts.host, its), isOpen, isNull(hosts.probe)))
}

/** A host that is well, and that nobody waits for, has no row. */
export function forgetIfIdle(db: Database, host: string) {
  return db.delete(hosts).where(and(eq(hosts.host, host), eq(hosts.failures, 0), sql`NOT ${hasLine(host)}`))
}

export function hasLine(host: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.host} = ${host} AND ${inLine})`
}

const wellAgain = { failures: 0, failingSince: null, failedAt: null, outages: 0, probe: null }

/** When a closed circuit's line is looked after next. Null: there is none. */
function lookAfter(host: string, nowMs: number): SQL {
  return sql`CASE WHEN ${hasLine(host)} THEN ${nowMs + sweepEveryMs} END`
}

/** `outages`: what the failure counts for where it begins a streak. */
function noteFailure(
  db: Database,
  host: string,
  nowMs: number,
  outages: number,
  next: { outages: SQL; probe: SQL; dueAt: SQL },
) {
  const begins = sql`${hosts.failedAt} IS NULL OR ${hosts.failedAt} <= ${nowMs - streakForgottenMs}`
  const either = (first: unknown, later: unknown) => sql`CASE WHEN ${begins} THEN ${first} ELSE ${later} END`
  return db
    .insert(hosts)
    .values({ host, failures: 1, failingSince: nowMs, failedAt: nowMs, outages })
    .onConflictDoUpdate({
      target: hosts.host,
      set: {
        failures: either(1, sql`${hosts.failures} + 1`),
        failingSince: either(nowMs, hosts.failingSince),
        failedAt: nowMs,
        outages: either(outages, next.outages),
        probe: either(null, next.probe),
        dueAt: either(lookAfter(host, nowMs), next.dueAt),
      },
    })
}
