import { describe, expect, it } from 'vitest'
import { insertJob } from '../../../src/store/jobs/insert-job.ts'
import { findJobByIdempotencyKey } from '../../../src/store/jobs/jobs.ts'
import { countRows } from '../../support/storage.ts'
import { anAcceptedJob, db } from '../rows.ts'

const accept = (apiKeyId: string, idempotencyKey: string | null) => {
  const job = anAcceptedJob({ apiKeyId, idempotencyKey, idempotencyHash: idempotencyKey && 'hash' })
  return insertJob(db, job, [], 'all')
}

describe('an idempotency key', () => {
  it('makes one job of ten posts at the same time', async () => {
    const jobs = await Promise.all(Array.from({ length: 10 }, () => accept('key_race', 'order-1')))
    const [job, ...others] = jobs.filter((accepted) => accepted !== null)
    expect(others).toEqual([])
    expect(await countRows('jobs', "api_key_id = 'key_race'")).toBe(1)
    expect((await findJobByIdempotencyKey(db, 'key_race', 'order-1'))?.id).toBe(job?.id)
  })

  it('may be used by every API key', async () => {
    expect(await accept('key_1', 'order-2')).not.toBeNull()
    expect(await accept('key_2', 'order-2')).not.toBeNull()
    expect(await findJobByIdempotencyKey(db, 'key_3', 'order-2')).toBeNull()
  })

  it('is not needed: posts without one are all accepted', async () => {
    for (const job of await Promise.all([accept('key_4', null), accept('key_4', null)]))
      expect(job).not.toBeNull()
  })
})
