import { describe, expect, it } from 'vitest'
import { insertJob } from '../../../src/store/jobs/insert-job.ts'
import { findJobByIdempotencyKey, overdueJobs } from '../../../src/store/jobs/jobs.ts'
import { countRows, select } from '../../support/storage.ts'
import { anAcceptedJob, db, insertedJob, start } from '../rows.ts'

const accept = (apiKeyId: string, idempotencyKey: string | null) => {
  const job = anAcceptedJob({ apiKeyId, idempotencyKey, idempotencyHash: idempotencyKey && 'hash' })
  return insertJob(db, job, [], 'all')
}

it('the sweep finds the jobs that are due the longest, and not the oldest ones', async () => {
  const [older, newer] = [await insertedJob(), await insertedJob()]
  await select('UPDATE jobs SET due_at = ? WHERE id = ?', start + 1_000, older.id)
  const due = await overdueJobs(db, start + 2_000, 1)
  expect(due.map(({ id }) => id)).toEqual([newer.id])
})

describe('an idempotency key', () => {
  it('makes one job of ten posts at the same time', async () => {
    const jobs = await Promise.all(Array.from({ length: 10 }, () => accept('key_race', 'order-1')))
    const ids = new Set(jobs.map(({ id }) => id))
    expect(ids.size).toBe(1)
    expect(await countRows('jobs', "api_key_id = 'key_race'")).toBe(1)
    expect(ids).toContain((await findJobByIdempotencyKey(db, 'key_race', 'order-1', start))?.id)
  })

  it('may be used by every API key', async () => {
    const [one, other] = [await accept('key_1', 'order-2'), await accept('key_2', 'order-2')]
    expect(one.id).not.toBe(other.id)
    expect(await findJobByIdempotencyKey(db, 'key_3', 'order-2', start)).toBeNull()
  })

  it('is not needed: posts without one are all accepted', async () => {
    const [one, other] = await Promise.all([accept('key_4', null), accept('key_4', null)])
    expect(one.id).not.toBe(other.id)
  })
})
