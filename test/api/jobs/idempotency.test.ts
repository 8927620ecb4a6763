import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { createApiKey, postJobWith } from '../../support/api-keys.ts'
import { expectProblem } from '../../support/problem.ts'
import { aRequest, billsFor, post, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { finish } from '../../support/videos.ts'

const aKey = () => ({ 'idempotency-key': crypto.randomUUID() })

describe('a repeated request', () => {
  it('with the same Idempotency-Key and body is the same job, bought once', async () => {
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

  it('returns the current job', async () => {
    const key = aKey()
    const { id } = await (await post('/v1/jobs', aRequest(), key)).json<JobView>()
    await finish(id)
    await untilStatus(id, 'succeeded')
    const replayed = await post('/v1/jobs', aRequest(), key)
    expect(await replayed.json()).toMatchObject({ id, status: 'succeeded' })
  })

  it('without an Idempotency-Key is another job', async () => {
    const [first, second] = await Promise.all([post('/v1/jobs', aRequest()), post('/v1/jobs', aRequest())])
    expect((await first.json<JobView>()).id).not.toBe((await second.json<JobView>()).id)
  })

  it('with another API key is another job', async () => {
    const key = aKey()
    const [one, other] = await Promise.all([createApiKey('one'), createApiKey('other')])
    const first = await postJobWith(one, {}, key)
    const second = await postJobWith(other, { prompt: 'A paper kite' }, key)
    expect([first.status, second.status]).toEqual([202, 202])
    expect(second.headers.get('idempotent-replayed')).toBeNull()
    expect((await second.json<JobView>()).id).not.toBe((await first.json<JobView>()).id)
  })
})

describe('a refused request', () => {
  it('with a used Idempotency-Key and another body is a conflict, and creates no job', async () => {
    const key = aKey()
    await post('/v1/jobs', aRequest(), key)
    const before = await countRows('jobs')
    const other = await post('/v1/jobs', aRequest({ prompt: 'A paper kite' }), key)
    await expectProblem(other, 409, 'idempotency_conflict')
    expect(await countRows('jobs')).toBe(before)
  })

  it('does not use its Idempotency-Key', async () => {
    const key = aKey()
    await expectProblem(await post('/v1/jobs', aRequest({ count: 99 }), key), 422, 'invalid_request')
    expect((await post('/v1/jobs', aRequest(), key)).status).toBe(202)
  })

  it('can have an Idempotency-Key of more than 255 characters', async () => {
    const key = { 'idempotency-key': 'k'.repeat(256) }
    await expectProblem(await post('/v1/jobs', aRequest(), key), 422, 'invalid_request')
  })
})

describe('concurrent requests with one Idempotency-Key', () => {
  it('create one job and one bill if they are equal', async () => {
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

  it('create one job and one conflict if they differ', async () => {
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
