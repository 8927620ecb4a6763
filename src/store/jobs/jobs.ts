/** The jobs table: accept, nudge, find what is overdue. A step takes a row by `claim` and writes what it learned by `commit`. */
import { and, asc, eq, gt, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { z } from 'zod'
import { type Estimates, estimatesSchema } from '../../core/cost.ts'
import { type Fault, readFault } from '../../core/fault.ts'
import { readKept } from '../../core/http/json.ts'
import {
  type JobRequest,
  type ProviderName,
  parseStoredRequest,
  providerNames,
} from '../../core/request/request.ts'
import { type Database, reasonOf } from '../database.ts'
import { draftEvent, type EventDraft, insertEvent, insertEventIf } from '../events.ts'
import { jobs } from '../schema.ts'
import { type Asset, insertAsset } from './assets.ts'

type Row = typeof jobs.$inferSelect

/** A row with its JSON read. */
export interface Job extends Omit<Row, 'providers' | 'request' | 'warnings' | 'estimates' | 'fault'> {
  /** The columns that cannot be read; what is left of them is here, and a warning names them. */
  damaged: readonly string[]
  providers: ProviderName[]
  request: JobRequest
  warnings: Warning[]
  estimates: Estimates
  fault: Fault | null
}

interface Warning {
  path: string
  message: string
}

export type AcceptedJob = Pick<
  Job,
  | 'id'
  | 'request'
  | 'providers'
  | 'warnings'
  | 'estimates'
  | 'apiKeyId'
  | 'callbackSecret'
  | 'idempotencyKey'
  | 'idempotencyHash'
  | 'retryOf'
  | 'createdAt'
>

/**
 * Writes the promise, with the assets that came in its request. Null: the idempotency key is taken, and nothing was
 * written.
 */
export async function insertJob(
  db: Database,
  accepted: AcceptedJob,
  event: EventDraft,
  own: Asset[],
): Promise<Job | null> {
  const { request, providers, warnings, estimates, createdAt, ...rest } = accepted
  const [provider] = providers
  if (provider === undefined) throw new Error('a job is accepted only when some provider can make it')
  const insert = db
    .insert(jobs)
    .values({
      ...rest,
      createdAt,
      status: 'queued',
      model: request.model,
      provider,
      providers: JSON.stringify(providers),
      request: JSON.stringify(request),
      warnings: JSON.stringify(warnings),
      estimates: JSON.stringify(estimates),
      deadlineAt: createdAt + request.deadline_seconds * 1_000,
      dueAt: createdAt,
    })
    .returning()
  try {
    const [[row]] = await db.batch([
      insert,
      insertEvent(db, accepted.id, event),
      ...retryEvent(db, accepted),
      ...own.map((asset) => insertAsset(db, asset)),
    ])
    return row === undefined ? null : readRow(row)
  } catch (error) {
    // The unique index on (api key, idempotency key) is what makes two posts one job.
    if (/UNIQUE constraint failed: jobs\.api_key_id/.test(reasonOf(error))) return null
    throw error
  }
}

/** The old job's timeline says so too, if it is still there. */
function retryEvent(db: Database, { id, retryOf, createdAt }: AcceptedJob) {
  if (retryOf === null) return []
  return [insertEventIf(db, retryOf, draftEvent('job.retried', { job_id: id }, createdAt))]
}

/** Null: there is none (any more). */
export async function findJob(db: Database, id: string): Promise<Job | null> {
  const [row] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), isNull(jobs.erasedAt)))
  return row === undefined ? null : readRow(row)
}

export async function findJobByIdempotencyKey(
  db: Database,
  apiKeyId: string,
  key: string,
): Promise<Job | null> {
  const [row] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.apiKeyId, apiKeyId), eq(jobs.idempotencyKey, key)))
  return row === undefined ? null : readRow(row)
}

/** A webhook came: due at once, or as soon as the step that holds the row lets go. Settled jobs stay as they are. */
export function wakeJob(db: Database, id: string, nowMs: number, onlyIf: SQL) {
  return db
    .update(jobs)
    .set({
      wokenAt: nowMs,
      dueAt: sql`CASE WHEN ${jobs.lease} IS NULL THEN ${nowMs} ELSE ${jobs.dueAt} END`,
    })
    .where(and(eq(jobs.id, id), isNotNull(jobs.dueAt), onlyIf))
}

/** Makes the job due by then, if it would be later. One that a step holds keeps its pace. */
export function makeDueBy(db: Database, id: string, byMs: number, onlyIf: SQL) {
  return db
    .update(jobs)
    .set({ dueAt: byMs })
    .where(and(eq(jobs.id, id), isNull(jobs.lease), gt(jobs.dueAt, byMs), onlyIf))
}

export async function overdueJobs(db: Database, nowMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(isNotNull(jobs.dueAt), lte(jobs.dueAt, nowMs)))
    .orderBy(asc(jobs.dueAt))
    .limit(limit)
  return rows.map(({ id }) => id)
}

const providersSchema = z.array(z.enum(providerNames))
const warningsSchema = z.array(z.object({ path: z.string(), message: z.string() }))

/** Never throws: one damaged row must not break a list, a sweep or an erasure. */
export function readRow(row: Row): Job {
  const { request, isWhole } = parseStoredRequest(row.request, row.model)
  const providers = readKept(providersSchema, row.providers)
  const warnings = readKept(warningsSchema, row.warnings)
  const estimates = readKept(estimatesSchema, row.estimates)
  const fault = readFault(row.fault)
  const damaged = Object.entries({
    request: isWhole,
    providers: providers !== undefined,
    warnings: warnings !== undefined,
    estimates: estimates !== undefined,
    fault: (fault === null) === (row.fault === null),
  }).flatMap(([column, isSound]) => (isSound ? [] : [column]))
  return {
    ...{ ...row, request, fault, damaged },
    providers: providers ?? [row.provider],
    warnings: [...(warnings ?? []), ...damaged.map(damageOf)],
    estimates: estimates ?? {},
  }
}

function damageOf(column: string): Warning {
  return { path: column, message: 'is damaged in the database: what is shown is what can still be read' }
}
