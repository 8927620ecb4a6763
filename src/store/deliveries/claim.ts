/** Deliveries: what is owed, and the claim of one for an attempt. What came of it is committed by `commit-delivery`. */
import { and, asc, eq, isNotNull, lte, sql } from 'drizzle-orm'
import { type DeliveryReason, type FailureStreak, hostAndPathOf } from '../../core/delivery.ts'
import type { Destination, EventType } from '../../core/event.ts'
import { newId } from '../../core/id.ts'
import { leaseMs } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { apiKeys, deliveries, disabledCallbacks, endpoints, hosts, jobs } from '../schema.ts'
import { secretsOf } from './api-keys.ts'
import { claimTrial, hasCapacity, isSameLane } from './circuits.ts'
import { isOwnerEnabled, type Owner } from './disabled.ts'
import { park } from './host-queue.ts'

export type Delivery = typeof deliveries.$inferSelect

/** A delivery under a lease: only through it may an attempt be committed. */
export interface ClaimedDelivery extends Delivery {
  lease: string
  /** Encrypted, the newest first; none when neither the endpoint, the job nor its API key has one. */
  sealedSecrets: string[]
  owner: Owner
  /** Why it is not to be attempted, or null. */
  obstacle: Extract<DeliveryReason, 'disabled' | 'endpoint_deleted'> | null
  /** Where it should go now: an endpoint's URL may have changed since. */
  currentUrl: string
  /** The refusals of its host until now. Null: it has taken what it was sent. */
  streak: FailureStreak | null
  /** It tries an open circuit. */
  isTrial: boolean
}

export interface DeliveryDraft extends Destination {
  id: string
  eventId: string
  eventType: EventType
  body: string
}

export function draftDelivery(delivery: Omit<DeliveryDraft, 'id'>): DeliveryDraft {
  return { id: newId('delivery'), ...delivery }
}

export function insertDelivery(db: Database, jobId: string, draft: DeliveryDraft, nowMs: number) {
  const values = {
    ...draft,
    jobId,
    ...hostAndPathOf(draft.url),
    ownerId: draft.endpointId ?? sql`(SELECT ${jobs.apiKeyId} FROM ${jobs} WHERE ${jobs.id} = ${jobId})`,
    status: 'pending' as const,
    attempts: 0,
    createdAt: nowMs,
    dueAt: nowMs,
  }
  return db.insert(deliveries).values(values)
}

/** The secret that signs what a job's own caller is told, encrypted; null where there is none. */
export async function encryptedSecretOf(
  db: Database,
  { callbackSecret, apiKeyId }: { callbackSecret: string | null; apiKeyId: string },
): Promise<string | null> {
  if (callbackSecret !== null) return callbackSecret
  const [key] = await db
    .select({ sealed: apiKeys.callbackSecret })
    .from(apiKeys)
    .where(eq(apiKeys.id, apiKeyId))
  return key?.sealed ?? null
}

/** Taken; or it stands in the line of its host; or null: it is not due, and nothing was done. */
export type ClaimOutcome = { delivery: ClaimedDelivery } | { inLineFor: string } | null

/** Takes the row for one attempt, with the secrets that sign it, if it is owed one now and its host has a place for it. */
// Running this twice is harmless: the second claim finds the row not due and changes nothing.
export async function claimDelivery(
  db: Database,
  id: string,
  lease: string,
  nowMs: number,
): Promise<ClaimOutcome> {
  const take = db
    .update(deliveries)
    .set({ lease, dueAt: nowMs + leaseMs, reason: null })
    .where(
      and(
        eq(deliveries.id, id),
        lte(deliveries.dueAt, nowMs),
        sql`(${hasCapacity(lease, nowMs)} OR ${isDecidedWithoutAsking})`,
      ),
    )
    .returning()
  const { stand, note } = park(db, id, nowMs)
  const [, [row], [stood], , [found]] = await db.batch([
    claimTrial(db, id, lease, nowMs),
    take,
    stand,
    note,
    selectCircumstances(db, id),
  ])
  if (stood !== undefined) return { inLineFor: stood.host }
  if (row === undefined || found === undefined) return null
  const { apiKeyId, endpointUrl, failingSince, failedAt } = found
  const isDeleted = row.endpointId !== null && endpointUrl === null
  return {
    delivery: {
      ...row,
      lease,
      sealedSecrets: row.endpointId === null ? ownSecrets(found, nowMs) : given(found.endpointSecret),
      owner: { apiKeyId, endpointId: row.endpointId, host: row.host },
      obstacle: isDeleted ? 'endpoint_deleted' : found.disabledAt === null ? null : 'disabled',
      currentUrl: endpointUrl ?? row.url,
      streak: failingSince === null || failedAt === null ? null : { failingSince, failedAt },
      isTrial: found.trial === lease,
    },
  }
}

// Its owner is sent nothing, or its endpoint has moved: then the host is not asked, and need not have a place.
const isDecidedWithoutAsking = sql`NOT ${isOwnerEnabled} OR EXISTS (SELECT 1 FROM ${endpoints}
  WHERE ${endpoints.id} = ${deliveries.endpointId} AND ${endpoints.url} <> ${deliveries.url})`

/** What the attempt needs to know beside its row. Each column under a name of its own, because D1 merges namesakes. */
function selectCircumstances(db: Database, id: string) {
  const isOwn = sql`${deliveries.endpointId} IS NULL`
  return db
    .select({
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
      and(eq(disabledCallbacks.apiKeyId, jobs.apiKeyId), eq(disabledCallbacks.host, deliveries.host), isOwn),
    )
    .leftJoin(hosts, isSameLane)
    .where(eq(deliveries.id, id))
}

// The job's own secret goes before those of the API key that posted it.
function ownSecrets(
  found: { jobSecret: string | null; keySecret: string | null; retiredSecrets: string | null },
  nowMs: number,
): string[] {
  const { jobSecret, keySecret: callbackSecret, retiredSecrets } = found
  if (jobSecret !== null) return [jobSecret]
  return callbackSecret === null || retiredSecrets === null
    ? []
    : secretsOf({ callbackSecret, retiredSecrets }, nowMs)
}

function given(secret: string | null): string[] {
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

/** What somebody has still to be told of a job, its own caller or an endpoint: one of it, if there is any. */
export function selectPending(db: Database, jobId: string) {
  const pending = and(eq(deliveries.jobId, jobId), eq(deliveries.status, 'pending'))
  return db.select({ id: deliveries.id }).from(deliveries).where(pending).limit(1)
}
