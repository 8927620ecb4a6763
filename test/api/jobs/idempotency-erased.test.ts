/** The Idempotency-Key of an erased job: a late repetition buys nothing for a day, then the key is free. */
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { erasedKeyKeptMs } from '../../../src/core/schedule/jobs.ts'
import { shardsOfKey } from '../../../src/core/shards.ts'
import { apiRequest } from '../../support/api-call.ts'
import { aDataUri } from '../../support/assets.ts'
import { canceled, erase, retry } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { aRequest, post, postJob, sweep } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { allEvents, passDays, remainsOf, untilDelivered } from '../../support/retention.ts'
import { createShardedWorker, emptyShards } from '../../support/shards.ts'
import { countRows } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const aKey = () => ({ 'idempotency-key': crypto.randomUUID() })

/** Posts, cancels and erases a job. */
async function anErasedJob(key: Record<string, string>, request = aRequest()): Promise<string> {
  const { id } = await (await post('/v1/jobs', request, key)).json<JobView>()
  await canceled(id)
  await untilDelivered(id)
  expect((await erase(id)).status).toBe(204)
  return id
}

describe('a repeated request whose job was erased', () => {
  it('buys nothing for a day, and the answer names the job and when the key is free', async () => {
    const key = aKey()
    const erasedAt = world.edges.now()
    const id = await anErasedJob(key)
    const jobs = await countRows('jobs')
    const { detail, errors } = await expectProblem(await post('/v1/jobs', aRequest(), key), 409, 'job_erased')
    expect(detail).toContain(id)
    expect(detail).toContain(new Date(erasedAt + erasedKeyKeptMs).toISOString().slice(0, 16))
    expect(errors).toBeUndefined()
    expect(await countRows('jobs')).toBe(jobs)
    await passDays(0.99)
    await expectProblem(await post('/v1/jobs', aRequest(), key), 409, 'job_erased')
  })

  it.each([
    ['before', async () => undefined],
    ['after', sweep],
  ])('makes a new job after a day, %s the sweep has deleted the row', async (_, clearAway) => {
    const key = aKey()
    const id = await anErasedJob(key)
    await world.advance(erasedKeyKeptMs)
    await clearAway()
    const again = await post('/v1/jobs', aRequest(), key)
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, null])
    const job = await again.json<JobView>()
    expect(job.id).not.toBe(id)
    const repeated = await post('/v1/jobs', aRequest(), key)
    expect([repeated.status, (await repeated.json<JobView>()).id]).toEqual([202, job.id])
  })

  it('is one new job if it comes several times at once after that day', async () => {
    const key = aKey()
    await anErasedJob(key)
    await world.advance(erasedKeyKeptMs)
    const responses = await Promise.all(Array.from({ length: 5 }, () => post('/v1/jobs', aRequest(), key)))
    const ids = await Promise.all(responses.map(async (response) => (await response.json<JobView>()).id))
    expect(responses.map(({ status }) => status)).toEqual(Array(5).fill(202))
    expect(new Set(ids).size).toBe(1)
  })

  it('buys nothing if it is a retry, has embedded media, or its receivers get the erasure', async () => {
    const old = await postJob()
    await canceled(old.id)
    const retryKey = aKey()
    const { id } = await (await retry(old.id, retryKey)).json<JobView>()
    await canceled(id)
    await erase(id, '?force=true')
    await expectProblem(await retry(old.id, retryKey), 409, 'job_erased')
    for (const overrides of [{ first_frame: aDataUri('image/png') }, { callback_events: allEvents }]) {
      const key = aKey()
      const request = aRequest(overrides)
      await anErasedJob(key, request)
      await expectProblem(await post('/v1/jobs', request, key), 409, 'job_erased')
    }
  })

  it('buys nothing if the retention of the job ended by itself', async () => {
    const key = aKey()
    const request = aRequest({ retention_days: 1 })
    const { id } = await (await post('/v1/jobs', request, key)).json<JobView>()
    await canceled(id)
    await untilDelivered(id)
    await passDays(1.01)
    expect(await remainsOf(id)).toMatchObject({ request: '{}', erased_at: expect.any(Number) })
    await expectProblem(await post('/v1/jobs', request, key), 409, 'job_erased')
    await passDays(1.01)
    expect((await post('/v1/jobs', request, key)).status).toBe(202)
  })
})

it('a different request with the key of an erased job is a conflict that names the job', async () => {
  const key = aKey()
  const id = await anErasedJob(key)
  const other = await post('/v1/jobs', aRequest({ prompt: 'A paper kite' }), key)
  const { detail } = await expectProblem(other, 409, 'idempotency_conflict')
  expect(detail).toContain(`${id} (erased)`)
  expect(detail).not.toContain('Use that job')
})

it('the row of an erased job keeps the key for a day and nothing else that its caller wrote', async () => {
  const key = aKey()
  const id = await anErasedJob(key, aRequest({ metadata: { order: '42' } }))
  expect(await leftOf(id)).toEqual({ ...nothing, jobs: 1 })
  const row = await remainsOf(id)
  expect(row).toMatchObject({ idempotency_key: key['idempotency-key'], request: '{}', callback_secret: null })
  expect(JSON.stringify(row)).not.toMatch(/paper boat|42"|caller\.test/)
  await passDays(1)
  expect(await leftOf(id)).toEqual(nothing)
})

it('the row that receivers of the erasure still need loses its key after a day', async () => {
  const key = aKey()
  const id = await anErasedJob(key, aRequest({ callback_events: allEvents }))
  await untilDelivered(id)
  await passDays(1)
  expect(await remainsOf(id)).toMatchObject({ idempotency_key: null, idempotency_hash: null })
  expect((await post('/v1/jobs', aRequest(), key)).status).toBe(202)
  await passDays(6.1)
  expect(await leftOf(id)).toEqual(nothing)
})

it('with several databases the key of an erased job is found where its job was, also after a growth', async () => {
  await emptyShards()
  expect(new Set([0, 1, 2, 3].flatMap((hash) => shardsOfKey(hash, 4))).size).toBe(4)
  const [before, after] = [createShardedWorker(2), createShardedWorker(4)]
  for (let n = 0; n < 6; n += 1) {
    const headers = { 'idempotency-key': `grown ${n}` }
    const send = (worker: typeof before) => worker.fetch(apiRequest('POST', '/v1/jobs', aRequest(), headers))
    const { id } = await (await send(before)).json<JobView>()
    await before.fetch(apiRequest('POST', `/v1/jobs/${id}/cancel`))
    expect((await before.fetch(apiRequest('DELETE', `/v1/jobs/${id}?force=true`))).status).toBe(204)
    await expectProblem(await send(before), 409, 'job_erased')
    await expectProblem(await send(after), 409, 'job_erased')
  }
  await world.advance(erasedKeyKeptMs)
  for (let n = 0; n < 6; n += 1) {
    const headers = { 'idempotency-key': `grown ${n}` }
    const again = await after.fetch(apiRequest('POST', '/v1/jobs', aRequest(), headers))
    expect(again.status).toBe(202)
  }
})
