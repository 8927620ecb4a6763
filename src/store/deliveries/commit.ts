/**
 * The end of a claim on a delivery. Each end frees a place in its lane and returns the deliveries released by that.
 *
 * A lane without a row has nothing parked and nothing to forget, so a delivery that was claimed there and did not fail
 * writes its own row only, and looks whether the lane has a row since. If it has, because another delivery was parked or
 * has failed meanwhile, the lane is written after that. No parked delivery is missed: it was parked while attempts were
 * under way, and each of them sees the row. After a crash in between, the sweep releases what is parked, and the next
 * success ends the streak.
 */
import { eq, getTableColumns, sql } from 'drizzle-orm'
import { type DeliveryReason, hostAndPathOf } from '../../core/delivery.ts'
import { maxAttemptsPerHost } from '../../core/schedule/deliveries.ts'
import type { Database } from '../database.ts'
import { type EventDraft, insertEvent } from '../events.ts'
import { abortUnlessLeased } from '../lease.ts'
import { placesIn, preparedByNames, value } from '../prepared.ts'
import { attempts, deliveries } from '../schema.ts'
import { forgetIfIdle, type RecordedResult, recordHostResult, returnTrial } from './circuits.ts'
import type { Delivery } from './claim.ts'
import type { ClaimedDelivery } from './claimed.ts'
import { releaseNewPath, releaseNext, releaseParked } from './host-queue.ts'
import { selectLane } from './lane.ts'

export type Attempt = typeof attempts.$inferSelect

/** The consequences of an attempt. */
export interface AttemptOutcome extends RecordedResult {
  delivery: Pick<Delivery, 'status' | 'reason' | 'dueAt'>
  events: EventDraft[]
  /** The owner has failed for too long: the caller disables it after this commit. */
  disablesOwner: boolean
}

export async function commitAttempt(
  db: Database,
  claimed: ClaimedDelivery,
  { attempt, ...outcome }: AttemptOutcome & { attempt: Attempt },
  nowMs: number,
): Promise<string[]> {
  const { id, jobId } = claimed
  const { delivery, events, disablesOwner, hostResult } = outcome
  // A refusal closes the circuit, so that the other deliveries of a disabled owner end without an attempt.
  const result = disablesOwner ? { ...outcome, hostResult: 'refused' as const } : outcome
  const ofLane = () =>
    [
      recordHostResult(db, claimed, result, nowMs),
      disablesOwner ? releaseParked(db, claimed, maxAttemptsPerHost, nowMs) : releaseNext(db, claimed, nowMs),
      releaseNewPath(db, claimed, nowMs),
      forgetIfIdle(db, claimed),
    ] as const
  const ofDelivery = [
    ...(claimed.attempts > 0 ? [keepLatestAttempt(db, id)] : []),
    endAttempt(db, { deliveryId: id, ...delivery, ...latest(attempt) }),
    ...events.map((event) => insertEvent(db, jobId, event)),
  ]
  const held = abortUnlessLeased(db, deliveries, claimed)
  const isFailure = hostResult === 'refused' || hostResult === 'down'
  if (!claimed.isLaneHealthy || isFailure) {
    const [, , released, releasedForTrial] = await db.batch([held, ...ofLane(), ...ofDelivery])
    return idsOf([...released, ...releasedForTrial])
  }
  const [, [troubled]] = await db.batch([held, selectLane(db, claimed), ...ofDelivery])
  if (troubled === undefined) return []
  const [, released, releasedForTrial] = await db.batch(ofLane())
  return idsOf([...released, ...releasedForTrial])
}

/** The row of a delivery has its latest attempt; the ones before it have rows of their own. */
function latest({ n, startedAt, durationMs, status, error, responseHeaders, responseBody }: Attempt) {
  return {
    attempts: n,
    lastStartedAt: startedAt,
    lastDurationMs: durationMs,
    lastStatus: status,
    lastError: error,
    lastResponseHeaders: responseHeaders,
    lastResponseBody: responseBody,
  }
}

const endAttempt = preparedByNames((db, names) =>
  db
    .update(deliveries)
    .set({ ...placesIn(getTableColumns(deliveries), names), lease: null })
    .where(eq(deliveries.id, value('deliveryId'))),
)

function keepLatestAttempt(db: Database, id: string) {
  const { attempts: n, lastStartedAt, lastDurationMs, lastStatus, lastError } = deliveries
  const { lastResponseHeaders, lastResponseBody } = deliveries
  return db
    .insert(attempts)
    .select(
      sql`SELECT ${deliveries.id}, ${n}, ${lastStartedAt}, ${lastDurationMs}, ${lastStatus}, ${lastError},
        ${lastResponseHeaders}, ${lastResponseBody}
        FROM ${deliveries} WHERE ${deliveries.id} = ${id} AND ${lastStartedAt} IS NOT NULL`,
    )
    .onConflictDoNothing()
}

/** The delivery ends without an attempt. */
export async function giveUp(
  db: Database,
  claimed: ClaimedDelivery,
  { reason, event }: { reason: DeliveryReason; event: EventDraft },
  nowMs: number,
): Promise<string[]> {
  const ended = { status: 'failed', reason, dueAt: null } as const
  return endWithoutAttempt(db, claimed, { set: ended, events: [event] }, nowMs)
}

/** The endpoint has another URL now: the delivery is due there. */
export async function redirectDelivery(
  db: Database,
  claimed: ClaimedDelivery,
  url: string,
  nowMs: number,
): Promise<string[]> {
  return endWithoutAttempt(db, claimed, { set: { url, ...hostAndPathOf(url), dueAt: nowMs } }, nowMs)
}

/** Nothing was sent: the delivery is due again after the wait. */
export async function postponeDelivery(
  db: Database,
  claimed: ClaimedDelivery,
  waitMs: number,
  nowMs: number,
): Promise<string[]> {
  return endWithoutAttempt(db, claimed, { set: { dueAt: nowMs + waitMs } }, nowMs)
}

async function endWithoutAttempt(
  db: Database,
  claimed: ClaimedDelivery,
  { set, events = [] }: { set: Partial<Delivery>; events?: EventDraft[] },
  nowMs: number,
): Promise<string[]> {
  const ofLane = () => [returnTrial(db, claimed, nowMs), releaseParked(db, claimed, 1, nowMs)] as const
  const ofDelivery = [
    db
      .update(deliveries)
      .set({ ...set, lease: null })
      .where(eq(deliveries.id, claimed.id)),
    ...events.map((event) => insertEvent(db, claimed.jobId, event)),
  ]
  const held = abortUnlessLeased(db, deliveries, claimed)
  if (!claimed.isLaneHealthy) {
    const [, , released] = await db.batch([held, ...ofLane(), ...ofDelivery])
    return idsOf(released)
  }
  const [, [troubled]] = await db.batch([held, selectLane(db, claimed), ...ofDelivery])
  if (troubled === undefined) return []
  const [, released] = await db.batch(ofLane())
  return idsOf(released)
}

function idsOf(rows: { id: string }[]): string[] {
  return rows.map(({ id }) => id)
}
