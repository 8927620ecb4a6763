/**
 * The monthly budgets of API keys, in the control database. A key has used the cost of its ended jobs of the month
 * and the reservations of the others. One statement reserves, so the budget is exact however many jobs are posted at once.
 */
import { and, asc, desc, eq, gt, lte, type SQL, sql } from 'drizzle-orm'
import { monthOf } from '../core/job/spending.ts'
import { among } from './among.ts'
import type { Database } from './database.ts'
import { reservations, spending } from './schema.ts'

export type Reservation = Omit<typeof reservations.$inferSelect, 'dueAt'>

/** Until then a job is inserted or never will be: a call to D1 is given up after seconds. */
const firstLookMs = 10 * 60_000
/** Reservations of ended jobs are closed at once. Only those that a crash left open wait for this. */
const nextLookMs = 60 * 60_000

/** The reservation of an accepted job. */
export function reservationOf(job: {
  id: string
  apiKeyId: string
  createdAt: number
  reservedMicros: number
}): Reservation {
  const { id: jobId, apiKeyId, createdAt, reservedMicros: micros } = job
  return { apiKeyId, month: monthOf(createdAt), jobId, micros }
}

/** Reserves what a job may cost, unless the budget would be passed: then nothing is written. Returns what was used before. */
// Running this twice is harmless: the second time the reservation is there already.
export async function reserve(
  db: Database,
  { apiKeyId, month, jobId, micros }: Reservation,
  budgetMicros: number,
  nowMs: number,
): Promise<{ isReserved: boolean; usedMicros: number }> {
  const used = usedOf(sql`api_key_id = ${apiKeyId} AND month = ${month}`)
  const isJob = and(
    eq(reservations.apiKeyId, apiKeyId),
    eq(reservations.month, month),
    eq(reservations.jobId, jobId),
  )
  const [, reserved, [row]] = await db.batch([
    db
      .insert(reservations)
      .select(
        sql`SELECT ${apiKeyId}, ${month}, ${jobId}, ${micros}, ${nowMs + firstLookMs} WHERE ${used} + ${micros} <= ${budgetMicros}`,
      )
      .onConflictDoNothing(),
    db.select({ micros: reservations.micros }).from(reservations).where(isJob),
    db.select({ used }).from(sql`(SELECT 1)`),
  ])
  const isReserved = reserved.length === 1
  return { isReserved, usedMicros: (row?.used ?? 0) - (isReserved ? micros : 0) }
}

/** The amount that each key has used in the month, reservations included. A missing key has used nothing. */
export async function usedByKey(
  db: Database,
  apiKeyIds: readonly string[],
  month: string,
): Promise<Map<string, number>> {
  const ofMonth = (table: typeof spending | typeof reservations) =>
    and(among(table.apiKeyId, [...apiKeyIds]), eq(table.month, month))
  const sums = await db.batch([
    db.select({ id: spending.apiKeyId, micros: spending.micros }).from(spending).where(ofMonth(spending)),
    db
      .select({ id: reservations.apiKeyId, micros: sql<number>`sum(${reservations.micros})` })
      .from(reservations)
      .where(ofMonth(reservations))
      .groupBy(reservations.apiKeyId),
  ])
  const used = new Map<string, number>()
  for (const { id, micros } of sums.flat()) used.set(id, (used.get(id) ?? 0) + micros)
  return used
}

export interface Closing {
  reservation: Reservation
  /** The cost of the job. */
  spentMicros: number
}

/** Replaces each reservation by what its job has cost. */
// Running this twice is harmless: the second time there is no reservation, and nothing is added.
export async function closeReservations(db: Database, closings: readonly Closing[]): Promise<void> {
  const [first, ...rest] = closings.flatMap((closing) => close(db, closing))
  if (first !== undefined) await db.batch([first, ...rest])
}

function close(db: Database, { reservation, spentMicros }: Closing) {
  const isOpen = areThese([reservation])
  // A full database refuses inserts, and one that adds nothing is not needed.
  if (spentMicros === 0) return [db.delete(reservations).where(isOpen)]
  return [
    db
      .insert(spending)
      .select(
        db
          .select({
            apiKeyId: reservations.apiKeyId,
            month: reservations.month,
            micros: sql<number>`${spentMicros}`.as('micros'),
          })
          .from(reservations)
          .where(isOpen),
      )
      .onConflictDoUpdate({
        target: [spending.apiKeyId, spending.month],
        set: { micros: sql`${spending.micros} + excluded.micros` },
      }),
    db.delete(reservations).where(isOpen),
  ]
}

/** Those of these reservations that are open. */
export async function openReservations(db: Database, some: readonly Reservation[]): Promise<Reservation[]> {
  return db.select(columns).from(reservations).where(areThese(some))
}

/** The jobs of the key that have reserved since then, the newest first. */
// One that the sweep has postponed can be among them: it is due as late as a new one.
export async function jobsReservedSince(
  db: Database,
  apiKeyId: string,
  sinceMs: number,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .select({ id: reservations.jobId })
    .from(reservations)
    .where(and(eq(reservations.apiKeyId, apiKeyId), gt(reservations.dueAt, sinceMs + firstLookMs)))
    .orderBy(desc(reservations.jobId))
    .limit(limit)
  return rows.map(({ id }) => id)
}

/** The reservations whose job the sweep looks at, the longest due first. */
export async function overdueReservations(
  db: Database,
  nowMs: number,
  limit: number,
): Promise<Reservation[]> {
  return db
    .select(columns)
    .from(reservations)
    .where(lte(reservations.dueAt, nowMs))
    .orderBy(asc(reservations.dueAt))
    .limit(limit)
}

/** Before the sweep looks at them, so that those which it cannot close do not hold up others. */
export async function postponeReservations(
  db: Database,
  some: readonly Reservation[],
  nowMs: number,
): Promise<void> {
  await db
    .update(reservations)
    .set({ dueAt: nowMs + nextLookMs })
    .where(areThese(some))
}

const columns = {
  apiKeyId: reservations.apiKeyId,
  month: reservations.month,
  jobId: reservations.jobId,
  micros: reservations.micros,
}

function areThese(some: readonly Reservation[]): SQL {
  const keys = JSON.stringify(some.map(({ apiKeyId, month, jobId }) => [apiKeyId, month, jobId]))
  return sql`(${reservations.apiKeyId}, ${reservations.month}, ${reservations.jobId})
    IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(${keys}))`
}

function usedOf(isCounted: SQL): SQL<number> {
  return sql<number>`(SELECT coalesce(sum(micros), 0) FROM (
    SELECT micros FROM ${spending} WHERE ${isCounted} UNION ALL SELECT micros FROM ${reservations} WHERE ${isCounted}))`
}
