/** Inserts an accepted job, once per idempotency key. */

import { getTableColumns } from 'drizzle-orm'
import { writeChoice } from '../../core/choice/choice.ts'
import { type Asset, insertAssets } from '../assets.ts'
import { type Database, isDatabaseFull, reasonOf } from '../database.ts'
import { draftEvent, insertEventIf } from '../events.ts'
import { type IndexedMetadata, insertMetadata } from '../metadata.ts'
import { emptyRow, prepared, valuesOf } from '../prepared.ts'
import { jobs } from '../schema.ts'
import { findJob, findJobByIdempotencyKey, freeIdempotencyKey, type Job, readRow } from './jobs.ts'

export type AcceptedJob = Pick<
  Job,
  | 'id'
  | 'request'
  | 'providers'
  | 'warnings'
  | 'estimates'
  | 'choice'
  | 'apiKeyId'
  | 'project'
  | 'callbackSecret'
  | 'callbackHeaders'
  | 'reservedMicros'
  | 'idempotencyKey'
  | 'idempotencyHash'
  | 'retryOf'
  | 'traceparent'
  | 'createdAt'
>

/**
 * Inserts the job with the assets of its request. If another job has the idempotency key, nothing is written, and that job
 * is returned, also if it was erased.
 */
// Running this twice is harmless: the second run finds the job that the first has written.
export async function insertJob(
  db: Database,
  accepted: AcceptedJob,
  assets: Asset[],
  indexed: IndexedMetadata,
): Promise<Job> {
  const { request, providers, warnings, estimates, choice, createdAt, ...rest } = accepted
  const [provider] = providers
  if (provider === undefined) throw new Error('a job is accepted only when some provider can make it')
  const insert = insertRow(db, {
    ...emptyRow(columns),
    lateWebhooks: 0,
    ...rest,
    createdAt,
    status: 'queued',
    model: request.model,
    provider,
    providers: JSON.stringify(providers),
    request: JSON.stringify(request),
    warnings: JSON.stringify(warnings),
    estimates: JSON.stringify(estimates),
    choice: writeChoice(choice),
    deadlineAt: createdAt + request.deadline_seconds * 1_000,
    dueAt: createdAt,
  })
  try {
    const [[row]] = await db.batch([
      insert,
      ...insertMetadata(db, accepted, indexed),
      ...retryEvent(db, accepted),
      ...insertAssets(db, assets),
    ])
    if (row === undefined) throw new Error('the inserted job was not returned')
    return readRow(row)
  } catch (error) {
    // The unique index on (api key, idempotency key) makes two posts one job. A full database refuses before it looks.
    const isTaken = /UNIQUE constraint failed: jobs\./.test(reasonOf(error))
    const other = isTaken || isDatabaseFull(error) ? await findAccepted(db, accepted) : null
    if (other !== null) return other
    const { apiKeyId, idempotencyKey } = accepted
    if (!isTaken || idempotencyKey === null) throw error
    // The row of an erased job is still there, and its key is free by now.
    await freeIdempotencyKey(db, apiKeyId, idempotencyKey, createdAt)
    return insertJob(db, accepted, assets, indexed)
  }
}

const columns = getTableColumns(jobs)
const insertRow = prepared((db) => db.insert(jobs).values(valuesOf(columns)).returning())

function findAccepted(
  db: Database,
  { id, apiKeyId, idempotencyKey, createdAt }: AcceptedJob,
): Promise<Job | null> {
  return idempotencyKey === null
    ? findJob(db, id)
    : findJobByIdempotencyKey(db, apiKeyId, idempotencyKey, createdAt)
}

/** The timeline of the retried job shows the retry too, unless that job was erased. */
function retryEvent(db: Database, { id, retryOf, createdAt }: AcceptedJob) {
  if (retryOf === null) return []
  return [insertEventIf(db, retryOf, draftEvent('job.retried', { job_id: id }, createdAt))]
}
