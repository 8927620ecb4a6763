/** The end of a claim on a delivery: an attempt's commit, or why there was none. Each frees a place at the host. */
import { eq } from 'drizzle-orm'
import { type DeliveryReason, type HostNews, placeOf } from '../core/delivery.ts'
import { attemptsAtOncePerHost } from '../core/schedule.ts'
import { forgetIfIdle, noteNews, returnProbe } from './circuits.ts'
import type { Database } from './database.ts'
import type { ClaimedDelivery, Delivery } from './deliveries.ts'
import { disableOwner } from './disabled-callbacks.ts'
import { type EventDraft, insertEvent } from './events.ts'
import { insist, requireLease } from './lease.ts'
import { wake, wakeNewPath, wakeNext } from './lines.ts'
import { attempts, deliveries } from './schema.ts'

export type Attempt = typeof attempts.$inferSelect

/** What an attempt came to. */
export interface Conclusion {
  outcome: Pick<Delivery, 'status' | 'reason' | 'dueAt'>
  news: HostNews
  /** How long the host's circuit would stay open, the first time and after each try. */
  circuitWaitsMs: readonly number[]
  events: EventDraft[]
  /** It was one failure too many: its owner is sent nothing more. */
  disables: boolean
}

/** Writes the attempt and what follows from it. Returns those who were woken by it. */
export async function commitAttempt(
  db: Database,
  delivery: ClaimedDelivery,
  attempt: Attempt,
  { outcome, news, circuitWaitsMs, events, disables }: Conclusion,
  nowMs: number,
): Promise<string[]> {
  const { id, jobId, owner, isProbe } = delivery
  const [, , woken, wokenForTry] = await insist(() =>
    db.batch([
      requireLease(db, deliveries, delivery),
      noteNews(db, delivery, news, circuitWaitsMs, nowMs),
      // What is left of the owner need not ask the host: each that ends wakes the next.
      disables ? wake(db, delivery, attemptsAtOncePerHost, nowMs) : wakeNext(db, delivery, isProbe, nowMs),
      wakeNewPath(db, delivery, nowMs),
      forgetIfIdle(db, delivery),
      db.insert(attempts).values(attempt),
      db
        .update(deliveries)
        .set({ ...outcome, attempts: attempt.n, lease: null })
        .where(eq(deliveries.id, id)),
      ...events.map((event) => insertEvent(db, jobId, event)),
      ...(disables ? [disableOwner(db, owner, delivery.streak?.failingSince ?? nowMs, nowMs)] : []),
    ]),
  )
  return [...woken, ...wokenForTry].map((next) => next.id)
}

/** The end of a delivery that is not attempted. Returns those who were woken by it. */
export async function giveUp(
  db: Database,
  delivery: ClaimedDelivery,
  reason: DeliveryReason,
  event: EventDraft,
  nowMs: number,
): Promise<string[]> {
  const [, , woken] = await db.batch([
    requireLease(db, deliveries, delivery),
    returnProbe(db, delivery, nowMs),
    wake(db, delivery, 1, nowMs),
    db
      .update(deliveries)
      .set({ status: 'failed', reason, dueAt: null, lease: null })
      .where(eq(deliveries.id, delivery.id)),
    insertEvent(db, delivery.jobId, event),
  ])
  return woken.map((next) => next.id)
}

/** Its endpoint has another URL now: that is where it is due. Returns those who were woken by it. */
export async function redirectDelivery(
  db: Database,
  delivery: ClaimedDelivery,
  nowMs: number,
): Promise<string[]> {
  const { id, currentUrl: url } = delivery
  const [, , woken] = await db.batch([
    requireLease(db, deliveries, delivery),
    returnProbe(db, delivery, nowMs),
    wake(db, delivery, 1, nowMs),
    db
      .update(deliveries)
      .set({ url, ...placeOf(url), dueAt: nowMs, lease: null })
      .where(eq(deliveries.id, id)),
  ])
  return woken.map((next) => next.id)
}
