/** Inserts an accepted job, once per idempotency key. */

import { type Asset, insertAsset } from '../assets.ts'
import { type Database, reasonOf } from '../database.ts'
import { draftEvent, insertEventIf } from '../events.ts'
import { type IndexedMetadata, insertMetadata } from '../metadata.ts'
import { jobs } from '../schema.ts'
import { findJob, type Job, readRow } from './jobs.ts'

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

/** Inserts the job with the assets of its request. Null: another job has the idempotency key, and nothing was written. */
// Running this twice is harmless: the second run finds the job that the first has written.
export async function insertJob(
  db: Database,
  accepted: AcceptedJob,
  assets: Asset[],
  indexed: IndexedMetadata,
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
      ...insertMetadata(db, accepted, indexed),
      ...retryEvent(db, accepted),
      ...assets.map((asset) => insertAsset(db, asset)),
    ])
    return row === undefined ? null : readRow(row)
  } catch (error) {
    // The unique index on (api key, idempotency key) makes two posts one job.
    if (/UNIQUE constraint failed: jobs\./.test(reasonOf(error))) return findJob(db, accepted.id)
    throw error
  }
}

/** The timeline of the retried job shows the retry too, unless that job was erased. */
function retryEvent(db: Database, { id, retryOf, createdAt }: AcceptedJob) {
  if (retryOf === null) return []
  return [insertEventIf(db, retryOf, draftEvent('job.retried', { job_id: id }, createdAt))]
}
