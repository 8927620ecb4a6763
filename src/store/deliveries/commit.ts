/** The end of a claim on a delivery: an attempt's commit, or why there was none. Each frees a place at the host. */
import { eq } from 'drizzle-orm'
import { type DeliveryReason, type HostResult, hostAndPathOf } from '../../core/delivery.ts'
import { maxAttemptsPerHost } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { type EventDraft, insertEvent } from '../events.ts'
import { abortUnlessLeased, withRetries } from '../lease.ts'
import { attempts, deliveries } from '../schema.ts'
import { forgetIfIdle, recordHostResult, returnTrial } from './circuits.ts'
import type { ClaimedDelivery, Delivery } from './claim.ts'
import { disableOwner } from './disabled.ts'
import { releaseNewPath, releaseNext, releaseParked } from './host-queue.ts'

export type Attempt = typeof attempts.$inferSelect

/** What an attempt came to. */
export interface AttemptOutcome {
  outcome: Pick<Delivery, 'status' | 'reason' | 'dueAt'>
  news: HostResult
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
  { outcome, news, circuitWaitsMs, events, disables }: AttemptOutcome,
  nowMs: number,
): Promise<string[]> {
  const { id, jobId, owner, isTrial } = delivery
  const [, , woken, wokenForTry] = await withRetries(() =>
    db.batch([
      abortUnlessLeased(db, deliveries, delivery),
      recordHostResult(db, delivery, news, circuitWaitsMs, nowMs),
      // What is left of the owner need not ask the host: each that ends wakes the next.
      disables
        ? releaseParked(db, delivery, maxAttemptsPerHost, nowMs)
        : releaseNext(db, delivery, isTrial, nowMs),
      releaseNewPath(db, delivery, nowMs),
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
    abortUnlessLeased(db, deliveries, delivery),
    returnTrial(db, delivery, nowMs),
    releaseParked(db, delivery, 1, nowMs),
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
    abortUnlessLeased(db, deliveries, delivery),
    returnTrial(db, delivery, nowMs),
    releaseParked(db, delivery, 1, nowMs),
    db
      .update(deliveries)
      .set({ url, ...hostAndPathOf(url), dueAt: nowMs, lease: null })
      .where(eq(deliveries.id, id)),
  ])
  return woken.map((next) => next.id)
}
