/** The database of a new job: by its Idempotency-Key, so that a repeated post finds its job, or else any. */
import type { Context } from '../../context.ts'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { shardsAtRandom, shardsOfKey } from '../../core/shards.ts'
import { findJobByIdempotencyKey, type Job } from '../../store/jobs/jobs.ts'

/** The shards that the job may have, the best first. With an Idempotency-Key no other shard has its job. */
export async function shardsForJob(
  { databases, chance }: Pick<Context, 'databases' | 'chance'>,
  apiKeyId: string,
  idempotencyKey: string | undefined,
): Promise<number[]> {
  const count = databases.length
  if (count === 1) return [0]
  if (idempotencyKey === undefined) return shardsAtRandom(chance(), count)
  const hash = await sha256(JSON.stringify([apiKeyId, idempotencyKey]))
  return shardsOfKey(Number.parseInt(hash.slice(0, 8), 16), count)
}

/** The job of an earlier post with this Idempotency-Key, in one of these shards. It may be erased. */
export async function jobWithKey(
  { databases, now }: Pick<Context, 'databases' | 'now'>,
  apiKeyId: string,
  idempotencyKey: string,
  shards: readonly number[],
): Promise<Job | null> {
  const found = await Promise.all(
    shards
      .flatMap((shard) => databases[shard] ?? [])
      .map((db) => findJobByIdempotencyKey(db, apiKeyId, idempotencyKey, now())),
  )
  const jobs = found.filter((job) => job !== null)
  return jobs.find(({ erasedAt }) => erasedAt === null) ?? jobs[0] ?? null
}
