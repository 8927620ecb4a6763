/** The jobs table: look up, wake up, find overdue rows. Steps read rows by `claim` and write them by `commit`. */
import { and, eq, gt, inArray, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { z } from 'zod'
import { type ProviderChoice, readChoice } from '../../core/choice/choice.ts'
import { type Estimates, estimatesSchema } from '../../core/cost.ts'
import { type Fault, fault, readFault } from '../../core/fault.ts'
import { readStored } from '../../core/http/json.ts'
import {
  type DueJob,
  isSettled,
  type SettledStatus,
  type UnsettledStatus,
  unsettledStatuses,
} from '../../core/job/job.ts'
import { type ProviderName, providerNames } from '../../core/request/choices.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { parseStoredRequest } from '../../core/request/stored.ts'
import { erasedKeyKeptMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { jobs } from '../schema.ts'

type Row = typeof jobs.$inferSelect

/** A status says which fields are set: rows are parsed into this union once, when they are read. */
export type Job = UnsettledJob | SettledJob

export type UnsettledJob = JobRow & {
  status: UnsettledStatus
  settledAt: null
  eraseAt: null
  fault: null
}

type SettledJob = JobRow & { settledAt: number; eraseAt: number | null } & (
    | { status: Exclude<SettledStatus, 'failed'>; fault: null }
    | { status: 'failed'; fault: Fault }
  )

interface JobRow extends Omit<Row, ParsedColumn | StatusColumn> {
  /** The columns that cannot be read. Their readable parts are here, and a warning names each column. */
  damaged: readonly string[]
  providers: ProviderName[]
  request: JobRequest
  warnings: Warning[]
  estimates: Estimates
  choice: ProviderChoice
}

type ParsedColumn = 'providers' | 'request' | 'warnings' | 'estimates' | 'choice'
type StatusColumn = 'status' | 'settledAt' | 'eraseAt' | 'fault'

interface Warning {
  path: string
  message: string
}

/** Null: there is none, or it was erased. */
export async function findJob(db: Database, id: string): Promise<Job | null> {
  const [row] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), isNull(jobs.erasedAt)))
  return row === undefined ? null : readRow(row)
}

/** By id, erased ones included. */
export async function jobsAsStored(db: Database, ids: string[]): Promise<Map<string, Job>> {
  const rows = await db.select().from(jobs).where(inArray(jobs.id, ids))
  return new Map(rows.map((row) => [row.id, readRow(row)]))
}

/** The job that has the key; an erased one has it for `erasedKeyKeptMs` more. */
export async function findJobByIdempotencyKey(
  db: Database,
  apiKeyId: string,
  key: string,
  nowMs: number,
): Promise<Job | null> {
  // In a batch, because only a batch reports the size of the database (store/size.ts).
  const [[row]] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(
        and(hasKey(apiKeyId, key), sql`coalesce(${jobs.erasedAt}, ${nowMs}) > ${nowMs - erasedKeyKeptMs}`),
      ),
  ])
  return row === undefined ? null : readRow(row)
}

/** Frees the key of a job that was erased long enough ago. Its row may be needed for longer. */
export async function freeIdempotencyKey(
  db: Database,
  apiKeyId: string,
  key: string,
  nowMs: number,
): Promise<void> {
  await db
    .update(jobs)
    .set(noIdempotencyKey)
    .where(and(hasKey(apiKeyId, key), lte(jobs.erasedAt, nowMs - erasedKeyKeptMs)))
}

export const noIdempotencyKey = { idempotencyKey: null, idempotencyHash: null }

function hasKey(apiKeyId: string, key: string) {
  return and(eq(jobs.apiKeyId, apiKeyId), eq(jobs.idempotencyKey, key))
}

/** When a step may claim the row: when it is due, or when the lease of the step that holds it ends. Null: settled. */
export const claimableAt = sql<number | null>`coalesce(${jobs.leasedUntil}, ${jobs.dueAt})`

/** Makes the job due now, or as soon as the step that holds the row releases it. A settled job does not change. */
export function wakeJob(db: Database, id: string | SQL, nowMs: number | SQL<number>, onlyIf: SQL) {
  return db
    .update(jobs)
    .set({ wokenAt: nowMs, dueAt: sql`min(${jobs.dueAt}, ${nowMs})` })
    .where(and(eq(jobs.id, id), isNotNull(jobs.dueAt), onlyIf))
}

/** Makes the job due at that time, if it would be due later. A job that a step holds does not change. */
export function makeDueBy(db: Database, id: string | SQL, byMs: number | SQL<number>, onlyIf: SQL) {
  return db
    .update(jobs)
    .set({ dueAt: byMs })
    .where(and(eq(jobs.id, id), isNull(jobs.lease), gt(jobs.dueAt, byMs), onlyIf))
}

/** The unsettled jobs: three ranges of the index for lists. */
export const isUnsettled = and(inArray(jobs.status, unsettledStatuses), isNull(jobs.erasedAt))

/** The jobs that a step may claim, the longest due first. It reads the unsettled jobs, however many others there are. */
export async function overdueJobs(db: Database, nowMs: number, limit: number): Promise<DueJob[]> {
  const rows = await db
    .select({ id: jobs.id, status: jobs.status })
    .from(jobs)
    .where(and(isUnsettled, lte(claimableAt, nowMs)))
    .orderBy(claimableAt)
    .limit(limit)
  return rows.flatMap(({ id, status }) => (isSettled(status) ? [] : [{ id, status }]))
}

/** Never throws: one damaged row must not break a list, a sweep or an erasure. */
export function readRow(row: Row): Job {
  const { request, isWhole } = parseStoredRequest(row.request, row.model)
  const providers = readStored(providersSchema, row.providers)
  const warnings = readStored(warningsSchema, row.warnings)
  const estimates = readStored(estimatesSchema, row.estimates)
  const stored = readFault(row.fault)
  const damaged = Object.entries({
    request: isWhole,
    providers: providers !== undefined,
    warnings: warnings !== undefined,
    estimates: estimates !== undefined,
    fault: (stored === null) === (row.fault === null),
  }).flatMap(([column, isReadable]) => (isReadable ? [] : [column]))
  const job = {
    ...row,
    request,
    damaged,
    providers: providers ?? [row.provider],
    warnings: [...(warnings ?? []), ...damaged.map(damageWarning)],
    estimates: estimates ?? {},
    choice: readChoice(row.choice),
  }
  return withStatus(job, row, stored)
}

function withStatus(job: JobRow, row: Row, stored: Fault | null): Job {
  const { status, eraseAt } = row
  const settledAt = row.settledAt ?? row.createdAt
  switch (status) {
    case 'queued':
    case 'generating':
    case 'storing':
      return { ...job, status, settledAt: null, eraseAt: null, fault: null }
    case 'succeeded':
    case 'canceled':
      return { ...job, status, settledAt, eraseAt, fault: null }
    case 'failed':
      return { ...job, status, settledAt, eraseAt, fault: stored ?? unreadableFault }
  }
}

const unreadableFault = fault('internal_error', 'The fault of this job is damaged in the database.')

function damageWarning(column: string): Warning {
  return { path: column, message: 'is damaged in the database; only its readable parts are shown' }
}

const providersSchema = z.array(z.enum(providerNames))
const warningsSchema = z.array(z.object({ path: z.string(), message: z.string() }))
