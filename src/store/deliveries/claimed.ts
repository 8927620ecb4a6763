/** A claimed delivery, with what an attempt needs besides its owner. */
import { eq, sql } from 'drizzle-orm'
import type { FailureStreak } from '../../core/delivery.ts'
import type { EventFormat, EventType } from '../../core/event.ts'
import type { Database } from '../database.ts'
import { deliveries, hosts, jobs } from '../schema.ts'
import { bodyOfDelivery } from './bodies.ts'
import type { Owner } from './disabled.ts'
import { isSameLane } from './lane.ts'

/** A delivery under a lease: only its holder may commit an attempt. */
export interface ClaimedDelivery extends Owner {
  id: string
  jobId: string
  eventId: string
  eventType: EventType
  format: EventFormat
  url: string
  path: string
  attempts: number
  /** The attempts made before the last redelivery by hand. */
  attemptsBefore: number
  lease: string
  /** Null: it was pruned. */
  body: string | null
  /** The secret of its job, which precedes that of the API key. Encrypted. */
  callbackSecret: string | null
  /** The headers of its job, encrypted. Only a delivery to the job's callback URL carries them. */
  callbackHeaders: string | null
  /** That of its job (core/trace.ts). */
  traceparent: string | null
  /** Its lane had no row in `hosts`: nothing failed there, and nothing was parked. */
  isLaneHealthy: boolean
  /** The failures of its lane until now. Null: its last attempt succeeded. */
  streak: FailureStreak | null
  /** It is the trial of an open circuit. */
  isTrial: boolean
}

/** The data that an attempt needs. Columns of other tables have an alias: D1 merges columns of the same name. */
export function selectForAttempt(db: Database, id: string) {
  const {
    id: deliveryId,
    jobId,
    endpointId,
    eventId,
    eventType,
    format,
    url,
    host,
    path,
    ownerId,
  } = deliveries
  const { attempts, attemptsBefore, dueAt, lease } = deliveries
  const about = { id: deliveryId, jobId, endpointId, eventId, eventType, format }
  const columns = { ...about, url, host, path, ownerId, attempts, attemptsBefore, dueAt, lease }
  return db
    .select({
      ...columns,
      body: bodyOfDelivery.as('delivery_body'),
      callbackSecret: jobs.callbackSecret,
      callbackHeaders: jobs.callbackHeaders,
      traceparent: jobs.traceparent,
      failures: sql<number | null>`${hosts.failures}`.as('host_failures'),
      failingSince: sql<number | null>`${hosts.failingSince}`.as('host_failing_since'),
      failedAt: sql<number | null>`${hosts.failedAt}`.as('host_failed_at'),
      trial: sql<string | null>`${hosts.trial}`.as('host_trial'),
    })
    .from(deliveries)
    .innerJoin(jobs, eq(jobs.id, deliveries.jobId))
    .leftJoin(hosts, isSameLane)
    .where(eq(deliveries.id, id))
}

type RowForAttempt = Awaited<ReturnType<typeof selectForAttempt>>[number]

export function claimed(row: RowForAttempt, lease: string): ClaimedDelivery {
  const { dueAt: _, failures, failingSince, failedAt, trial, ...delivery } = row
  return {
    ...delivery,
    lease,
    isLaneHealthy: failures === null,
    streak: failingSince === null || failedAt === null ? null : { failingSince, failedAt },
    isTrial: trial === lease,
  }
}
