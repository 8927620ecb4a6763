import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job-view-schema.ts'
import { createApiKey, postJobWith } from '../../support/api-keys.ts'
import { expectProblem } from '../../support/problem.ts'
import { aRequest, billsFor, post, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { finish } from '../../support/videos.ts'

const aKey = () => ({ 'idempotency-key': crypto.randomUUID() })

describe('a post that is repeated', () => {
  it('is the same job under the same key and body, and is bought once', async () => {
    const key = aKey()
    const first = await post('/v1/jobs', aRequest(), key)
    const second = await post('/v1/jobs', aRequest(), key)
    const job = await first.json<JobView>()
    expect([first.status, second.status]).toEqual([202, 202])
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect(second.headers.get('location')).toBe(`/v1/jobs/${job.id}`)
    expect((await second.json<JobView>()).id).toBe(job.id)

    await untilSubmitted(job.id)
    expect(billsFor(job.id)).toHaveLength(1)
  })

  it('shows the job as it is by then', async () => {
    const key = aKey()
    const { id } = await (await post('/v1/jobs', aRequest(), key)).json<JobView>()
    await finish(id)
    await untilStatus(id, 'succeeded')
    const replayed = await post('/v1/jobs', aRequest(), key)
    expect(await replayed.json()).toMatchObject({ id, status: 'succeeded' })
  })

  it('is another job without a key', async () => {
    const [first, second] = await Promise.all([post('/v1/jobs', aRequest()), post('/v1/jobs', aRequest())])
    expect((await first.json<JobView>()).id).not.toBe((await second.json<JobView>()).id)
  })

  it('is another job under another API key: their keys do not meet', async () => {
    const key = aKey()
    const [mine, yours] = await Promise.all([createApiKey('mine'), createApiKey('yours')])
    const first = await postJobWith(mine, {}, key)
    const second = await postJobWith(yours, { prompt: 'A paper kite' }, key)
    expect([first.status, second.status]).toEqual([202, 202])
    expect(second.headers.get('idempotent-replayed')).toBeNull()
    expect((await second.json<JobView>()).id).not.toBe((await first.json<JobView>()).id)
  })
})

describe('a refused post', () => {
  it('with a used key and another body is a conflict, and makes no job', async () => {
    const key = aKey()
    await post('/v1/jobs', aRequest(), key)
    const before = await countRows('jobs')
    const other = await post('/v1/jobs', aRequest({ prompt: 'A paper kite' }), key)
    await expectProblem(other, 409, 'idempotency_conflict')
    expect(await countRows('jobs')).toBe(before)
  })

  it('does not use its key up', async () => {
    const key = aKey()
    await expectProblem(await post('/v1/jobs', aRequest({ count: 99 }), key), 422, 'invalid_request')
    expect((await post('/v1/jobs', aRequest(), key)).status).toBe(202)
  })

  it('with a key of more than 255 characters is refused', async () => {
    const key = { 'idempotency-key': 'k'.repeat(256) }
    await expectProblem(await post('/v1/jobs', aRequest(), key), 422, 'invalid_request')
  })
})

describe('a hostile hurry', () => {
  it('of equal posts at once is one job and one bill', async () => {
    const key = aKey()
    const responses = await Promise.all(Array.from({ length: 6 }, () => post('/v1/jobs', aRequest(), key)))
    expect(responses.map(({ status }) => status)).toEqual(Array(6).fill(202))
    const replays = responses.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')
    expect(replays).toHaveLength(5)
    const ids = new Set(
      await Promise.all(responses.map(async (response) => (await response.json<JobView>()).id)),
    )
    expect(ids.size).toBe(1)
    const [id = ''] = ids
    await untilSubmitted(id)
    expect(billsFor(id)).toHaveLength(1)
    expect(await countRows('jobs', 'idempotency_key = ?', key['idempotency-key'])).toBe(1)
  })

  it('of two different posts at once is one job and one conflict', async () => {
    const key = aKey()
    const statuses = await Promise.all(
      ['A paper boat', 'A paper kite'].map(
        async (prompt) => (await post('/v1/jobs', aRequest({ prompt }), key)).status,
      ),
    )
    expect(statuses.sort()).toEqual([202, 409])
    expect(await countRows('jobs', 'idempotency_key = ?', key['idempotency-key'])).toBe(1)
  })
})
