/** The end of a claim on a delivery. Each end frees a place in its lane and returns the deliveries released by that. */
import { eq } from 'drizzle-orm'
import { type DeliveryReason, hostAndPathOf } from '../../core/delivery.ts'
import { maxAttemptsPerHost } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { type EventDraft, insertEvent } from '../events.ts'
import { abortUnlessLeased } from '../lease.ts'
import { attempts, deliveries } from '../schema.ts'
import { forgetIfIdle, type RecordedResult, recordHostResult, returnTrial } from './circuits.ts'
import type { ClaimedDelivery, Delivery } from './claim.ts'
import { disableOwner } from './disabled.ts'
import { releaseNewPath, releaseNext, releaseParked } from './host-queue.ts'

export type Attempt = typeof attempts.$inferSelect

/** The consequences of an attempt. */
export interface AttemptOutcome extends RecordedResult {
  delivery: Pick<Delivery, 'status' | 'reason' | 'dueAt'>
  events: EventDraft[]
  /** The owner has failed for too long: it is disabled. */
  disablesOwner: boolean
}

export async function commitAttempt(
  db: Database,
  claimed: ClaimedDelivery,
  { attempt, ...outcome }: AttemptOutcome & { attempt: Attempt },
  nowMs: number,
): Promise<string[]> {
  const { id, jobId, owner, streak } = claimed
  const { delivery, events, disablesOwner } = outcome
  const [, , released, releasedForTrial] = await db.batch([
    abortUnlessLeased(db, deliveries, claimed),
    recordHostResult(db, claimed, outcome, nowMs),
    // The other deliveries of a disabled owner end without an attempt, and each releases the next.
    disablesOwner ? releaseParked(db, claimed, maxAttemptsPerHost, nowMs) : releaseNext(db, claimed, nowMs),
    releaseNewPath(db, claimed, nowMs),
    forgetIfIdle(db, claimed),
    db.insert(attempts).values(attempt),
    db
      .update(deliveries)
      .set({ ...delivery, attempts: attempt.n, lease: null })
      .where(eq(deliveries.id, id)),
    ...events.map((event) => insertEvent(db, jobId, event)),
    ...(disablesOwner ? [disableOwner(db, owner, streak?.failingSince ?? nowMs, nowMs)] : []),
  ])
  return idsOf([...released, ...releasedForTrial])
}

/** The delivery ends without an attempt. */
export async function giveUp(
  db: Database,
  claimed: ClaimedDelivery,
  { reason, event }: { reason: DeliveryReason; event: EventDraft },
  nowMs: number,
): Promise<string[]> {
  const [, , released] = await db.batch([
    ...endWithoutAttempt(db, claimed, nowMs),
    db
      .update(deliveries)
      .set({ status: 'failed', reason, dueAt: null, lease: null })
      .where(eq(deliveries.id, claimed.id)),
    insertEvent(db, claimed.jobId, event),
  ])
  return idsOf(released)
}

/** The endpoint has another URL now: the delivery is due there. */
export async function redirectDelivery(
  db: Database,
  claimed: ClaimedDelivery,
  nowMs: number,
): Promise<string[]> {
  const { id, currentUrl: url } = claimed
  const [, , released] = await db.batch([
    ...endWithoutAttempt(db, claimed, nowMs),
    db
      .update(deliveries)
      .set({ url, ...hostAndPathOf(url), dueAt: nowMs, lease: null })
      .where(eq(deliveries.id, id)),
  ])
  return idsOf(released)
}

/** Nothing was sent: the delivery is due again after the wait. */
export async function postponeDelivery(
  db: Database,
  claimed: ClaimedDelivery,
  waitMs: number,
  nowMs: number,
): Promise<string[]> {
  const [, , released] = await db.batch([
    ...endWithoutAttempt(db, claimed, nowMs),
    db
      .update(deliveries)
      .set({ dueAt: nowMs + waitMs, lease: null })
      .where(eq(deliveries.id, claimed.id)),
  ])
  return idsOf(released)
}

function endWithoutAttempt(db: Database, claimed: ClaimedDelivery, nowMs: number) {
  return [
    abortUnlessLeased(db, deliveries, claimed),
    returnTrial(db, claimed, nowMs),
    releaseParked(db, claimed, 1, nowMs),
  ] as const
}

function idsOf(rows: { id: string }[]): string[] {
  return rows.map(({ id }) => id)
}
