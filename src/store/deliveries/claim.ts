/** Deliveries: inserting them, and claiming one for an attempt. The end of a claim is in commit.ts. */
import { and, asc, eq, isNotNull, lte, sql } from 'drizzle-orm'
import { type DeliveryReason, type FailureStreak, hostAndPathOf } from '../../core/delivery.ts'
import type { Destination, EventType } from '../../core/event.ts'
import { newId, shardOf } from '../../core/id.ts'
import { leaseMs } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { apiKeys, deliveries, disabledCallbacks, endpoints, hosts, jobs } from '../schema.ts'
import { secretsOf } from './api-keys.ts'
import { bodyOfDelivery } from './bodies.ts'
import { claimTrial, hasCapacity } from './circuits.ts'
import { isOwnerEnabled, type Owner } from './disabled.ts'
import { park } from './host-queue.ts'
import { isSameLane } from './lane.ts'

export type Delivery = typeof deliveries.$inferSelect

/** A delivery under a lease: only its holder may commit an attempt. */
export interface ClaimedDelivery extends Delivery {
  lease: string
  body: string
  /** The newest first; none when neither the endpoint, the job nor its API key has one. */
  encryptedSecrets: string[]
  owner: Owner
  /** Why it must not be attempted, or null. */
  obstacle: Extract<DeliveryReason, 'disabled' | 'endpoint_deleted' | 'pruned'> | null
  /** Where it must go now: the endpoint's URL may have changed since. */
  currentUrl: string
  /** The failures of its lane until now. Null: its last attempt succeeded. */
  streak: FailureStreak | null
  /** It is the trial of an open circuit. */
  isTrial: boolean
}

export interface DeliveryDraft extends Destination {
  id: string
  eventId: string
  eventType: EventType
  body: string
}

export function draftDelivery(jobId: string, delivery: Omit<DeliveryDraft, 'id'>): DeliveryDraft {
  return { id: newId('delivery', shardOf(jobId)), ...delivery }
}

export function insertDelivery(
  db: Database,
  jobId: string,
  draft: Omit<DeliveryDraft, 'body'> & { body: string | null; apiKeyId?: string },
  nowMs: number,
) {
  const { apiKeyId, ...given } = draft
  const values = {
    ...given,
    jobId,
    ...hostAndPathOf(draft.url),
    ownerId:
      draft.endpointId ?? apiKeyId ?? sql`(SELECT ${jobs.apiKeyId} FROM ${jobs} WHERE ${jobs.id} = ${jobId})`,
    status: 'pending' as const,
    attempts: 0,
    createdAt: nowMs,
    dueAt: nowMs,
  }
  return db.insert(deliveries).values(values).onConflictDoNothing()
}

/** Claimed; or parked, because its lane has no capacity; or null: it was not due, and nothing changed. */
export type ClaimOutcome = { delivery: ClaimedDelivery } | { parkedForHost: string } | null

/** Claims a due delivery for one attempt, with the secrets that sign it; parks it if its lane has no capacity. */
// Idempotent: a second claim finds the row not due and changes nothing. With the same lease it reads its own claim.
export async function claimDelivery(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<ClaimOutcome> {
  const claim = db
    .update(deliveries)
    .set({ lease, dueAt: nowMs + leaseMs, reason: null })
    .where(
      and(
        eq(deliveries.id, id),
        lte(deliveries.dueAt, nowMs),
        sql`(${hasCapacity(lease, nowMs)} OR ${isDecidedWithoutAttempt})`,
      ),
    )
  const { parkDelivery, noteHost } = park(db, id, nowMs)
  const [, , [row], [parked], , [circumstances]] = await db.batch([
    claimTrial(db, id, lease, nowMs),
    claim,
    db
      .select()
      .from(deliveries)
      .where(and(eq(deliveries.id, id), eq(deliveries.lease, lease))),
    parkDelivery,
    noteHost,
    selectCircumstances(db, id),
  ])
  if (parked !== undefined) return { parkedForHost: parked.host }
  if (row === undefined || circumstances === undefined) return null
  const { body, apiKeyId, endpointUrl, endpointSecret, failingSince, failedAt } = circumstances
  const isDeleted = row.endpointId !== null && endpointUrl === null
  const isDisabled = circumstances.disabledAt !== null
  return {
    delivery: {
      ...row,
      lease,
      body: body ?? '',
      encryptedSecrets:
        row.endpointId === null ? callbackSecrets(circumstances, nowMs) : present(endpointSecret),
      owner: { apiKeyId, endpointId: row.endpointId, host: row.host },
      obstacle: isDeleted ? 'endpoint_deleted' : isDisabled ? 'disabled' : body === null ? 'pruned' : null,
      currentUrl: endpointUrl ?? row.url,
      streak: failingSince === null || failedAt === null ? null : { failingSince, failedAt },
      isTrial: circumstances.trial === lease,
    },
  }
}

// The owner is disabled, or its endpoint has moved: no request is made, so no capacity is needed.
const isDecidedWithoutAttempt = sql`NOT ${isOwnerEnabled} OR EXISTS (SELECT 1 FROM ${endpoints}
  WHERE ${endpoints.id} = ${deliveries.endpointId} AND ${endpoints.url} <> ${deliveries.url})`

/** The data that an attempt needs besides its row. Every column has an alias, because D1 merges columns of the same name. */
function selectCircumstances(db: Database, id: string) {
  const isJobCallback = sql`${deliveries.endpointId} IS NULL`
  return db
    .select({
      body: bodyOfDelivery.as('delivery_body'),
      apiKeyId: jobs.apiKeyId,
      endpointUrl: sql<string | null>`${endpoints.url}`.as('endpoint_url'),
      endpointSecret: sql<string | null>`${endpoints.secret}`.as('endpoint_secret'),
      jobSecret: sql<string | null>`${jobs.callbackSecret}`.as('job_secret'),
      keySecret: sql<string | null>`${apiKeys.callbackSecret}`.as('key_secret'),
      retiredSecrets: apiKeys.retiredSecrets,
      disabledAt: sql<number | null>`coalesce(${endpoints.disabledAt}, ${disabledCallbacks.disabledAt})`.as(
        'owner_disabled_at',
      ),
      failingSince: sql<number | null>`${hosts.failingSince}`.as('host_failing_since'),
      failedAt: sql<number | null>`${hosts.failedAt}`.as('host_failed_at'),
      trial: sql<string | null>`${hosts.trial}`.as('host_trial'),
    })
    .from(deliveries)
    .innerJoin(jobs, eq(jobs.id, deliveries.jobId))
    .leftJoin(apiKeys, eq(apiKeys.id, jobs.apiKeyId))
    .leftJoin(endpoints, eq(endpoints.id, deliveries.endpointId))
    .leftJoin(
      disabledCallbacks,
      and(
        eq(disabledCallbacks.apiKeyId, jobs.apiKeyId),
        eq(disabledCallbacks.host, deliveries.host),
        isJobCallback,
      ),
    )
    .leftJoin(hosts, isSameLane)
    .where(eq(deliveries.id, id))
}

// The job's own secret takes precedence over those of the API key that posted it.
function callbackSecrets(
  secrets: { jobSecret: string | null; keySecret: string | null; retiredSecrets: string | null },
  nowMs: number,
): string[] {
  const { jobSecret, keySecret: callbackSecret, retiredSecrets } = secrets
  if (jobSecret !== null) return [jobSecret]
  return callbackSecret === null || retiredSecrets === null
    ? []
    : secretsOf({ callbackSecret, retiredSecrets }, nowMs)
}

function present(secret: string | null): string[] {
  return secret === null ? [] : [secret]
}

export async function overdueDeliveries(db: Database, nowMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(isNotNull(deliveries.dueAt), lte(deliveries.dueAt, nowMs)))
    .orderBy(asc(deliveries.dueAt))
    .limit(limit)
  return rows.map(({ id }) => id)
}

export async function findDelivery(db: Database, id: string): Promise<Delivery | null> {
  const [row] = await db.select().from(deliveries).where(eq(deliveries.id, id))
  return row ?? null
}
