import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { withMethods } from '../../media/a-copy.ts'
import { apiRequest } from '../../support/api-call.ts'
import { bearerHeader, createApiKey, postJobWith } from '../../support/api-keys.ts'
import { aDataUri, aFile, anAsset, uploaded } from '../../support/assets.ts'
import { emulateDatabase } from '../../support/platform/database.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, billsFor, post, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { fetchWith } from '../../support/runtime.ts'
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

  it.each([
    ['with spaces', (body: object) => JSON.stringify(body, null, 4)],
    [
      'in another order',
      (body: object) => JSON.stringify(Object.fromEntries(Object.entries(body).reverse())),
    ],
    ['with 5.0 for 5', (body: object) => JSON.stringify(body).replace('"duration":5', '"duration":5.0')],
    ['with an escape', (body: object) => JSON.stringify(body).replace('paper', '\\u0070aper')],
    ['with a default', (body: object) => JSON.stringify({ ...body, count: 1, metadata: {} })],
    ['with another spelling of a URL', (body: object) => JSON.stringify(body).replace('https:', 'HTTPS:')],
  ])('that is written %s is the same job', async (_, write) => {
    const key = aKey()
    const { id } = await (await post('/v1/jobs', aRequest(), key)).json<JobView>()
    const body = write(aRequest())
    expect(body).not.toBe(JSON.stringify(aRequest()))
    const headers = { 'content-type': 'application/json', ...key }
    const again = await api('/v1/jobs', { method: 'POST', headers, body })
    expect([again.status, (await again.json<JobView>()).id]).toEqual([202, id])
  })

  it('is the same job after a setting has changed that fills in a field', async () => {
    const key = aKey()
    const { id } = await (await postWith({ RETENTION_DAYS: '3' }, aRequest(), key)).json<JobView>()
    const again = await postWith({ RETENTION_DAYS: '9' }, aRequest(), key)
    expect([again.status, (await again.json<JobView>()).id]).toEqual([202, id])
  })

  it('returns the current job', async () => {
    const key = aKey()
    const { id } = await (await post('/v1/jobs', aRequest(), key)).json<JobView>()
    await finish(id)
    await untilStatus(id, 'succeeded')
    const replayed = await post('/v1/jobs', aRequest(), key)
    expect(await replayed.json()).toMatchObject({ id, status: 'succeeded' })
  })

  it('that names another upload of the same file is the same job', async () => {
    const key = aKey()
    const [one, other] = [await anAsset(), await anAsset()]
    const frames = { last_frame: (await anAsset('image/jpeg')).id }
    const first = await post('/v1/jobs', aRequest({ first_frame: one.id, ...frames }), key)
    const again = await post('/v1/jobs', aRequest({ first_frame: other.id, ...frames }), key)
    const job = await again.json<JobView>()
    expect([again.status, job.id]).toEqual([202, (await first.json<JobView>()).id])
    expect(job.request.first_frame).toBe(one.id)
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

describe('a repeated request that would be refused now', () => {
  it('because the API key of its provider was removed still gets its job', async () => {
    const key = aKey()
    const request = aRequest({ provider: 'crun' })
    const { id } = await (await post('/v1/jobs', request, key)).json<JobView>()
    const withoutKey = { CRUN_API_KEY: '' }
    const second = await postWith(withoutKey, request, key)
    expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([202, 'true'])
    expect((await second.json<JobView>()).id).toBe(id)
    await expectProblem(await postWith(withoutKey, request, aKey()), 422, 'no_provider')
  })

  it('because its asset was deleted still gets its job', async () => {
    const key = aKey()
    const asset = await anAsset()
    const first = await post('/v1/jobs', aRequest({ first_frame: asset.id }), key)
    const { id } = await first.json<JobView>()
    await api(`/v1/assets/${asset.id}`, { method: 'DELETE' })
    const second = await post('/v1/jobs', aRequest({ first_frame: asset.id }), key)
    expect([second.status, (await second.json<JobView>()).id]).toEqual([202, id])
  })

  it('because the database has no room left still gets its job', async () => {
    const key = aKey()
    const database = emulateDatabase(env.DB)
    const first = await postWith({ DB: database.binding }, aRequest(), key)
    const { id } = await first.json<JobView>()
    database.fill('full')
    const second = await postWith({ DB: database.binding }, aRequest(), key)
    expect([second.status, (await second.json<JobView>()).id]).toEqual([202, id])
    await expectProblem(await postWith({ DB: database.binding }, aRequest(), aKey()), 507, 'database_full')
  })
})

it('a repeated request with embedded media stores them once', async () => {
  const key = aKey()
  const request = aRequest({ first_frame: aDataUri('image/png') })
  const { id } = await (await post('/v1/jobs', request, key)).json<JobView>()
  const put = vi.fn(() => Promise.reject(new Error('R2 is down')))
  const again = await postWith({ BUCKET: withMethods(env.BUCKET, { put }) }, request, key)
  expect([again.status, (await again.json<JobView>()).id]).toEqual([202, id])
  expect(put).not.toHaveBeenCalled()
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

  it('with a used Idempotency-Key names the job that has it and the fields that differ, without their values', async () => {
    const key = aKey()
    const metadata = { order: 'forty-two', shop: 'north' }
    const { id } = await (await post('/v1/jobs', aRequest({ metadata }), key)).json<JobView>()
    await untilSubmitted(id)
    const other = aRequest({
      metadata: { ...metadata, order: 'forty-three' },
      duration: 6,
      callback_url: undefined,
      callback_secret: undefined,
    })
    const problem = await expectProblem(await post('/v1/jobs', other, key), 409, 'idempotency_conflict')
    expect(problem.detail).toContain(`${id} (generating)`)
    expect(problem.detail).toMatch(/Nothing was bought now\. Use that job\./)
    expect(pathsOf(problem)).toEqual(['duration', 'metadata.order'])
    expect(JSON.stringify(problem)).not.toMatch(/forty|north/)
  })

  it('with a used Idempotency-Key and another file is a conflict', async () => {
    const key = aKey()
    const [one, other, equal] = [await anAsset(), await anAsset('image/png', 999), await anAsset()]
    await post('/v1/jobs', aRequest({ first_frame: one.id }), key)
    const file = await post('/v1/jobs', aRequest({ first_frame: other.id }), key)
    expect(pathsOf(await expectProblem(file, 409, 'idempotency_conflict'))).toEqual(['first_frame'])
    const field = await post('/v1/jobs', aRequest({ first_frame: equal.id, duration: 6 }), key)
    expect(pathsOf(await expectProblem(field, 409, 'idempotency_conflict'))).toEqual(['duration'])
  })

  it('with an asset of another project learns nothing of its bytes', async () => {
    const key = aKey()
    const [shop, studio] = [
      await createApiKey('shop', { project: 'shop' }),
      await createApiKey('studio', { project: 'studio' }),
    ]
    const upload = async (caller: { key: string }) =>
      uploaded(aFile('image/png'), { 'content-type': 'image/png', ...bearerHeader(caller) })
    const [own, foreign] = [await upload(shop), await upload(studio)]
    await postJobWith(shop, { first_frame: own.id }, key)
    const response = await postJobWith(shop, { first_frame: foreign.id }, key)
    await expectProblem(response, 409, 'idempotency_conflict')
  })

  it('with a used Idempotency-Key says so if the job does not show what differs', async () => {
    const key = aKey()
    await post('/v1/jobs', aRequest(), key)
    const other = aRequest({ callback_secret: `whsec_${btoa('another secret of 24 bytes or so')}` })
    const problem = await expectProblem(await post('/v1/jobs', other, key), 409, 'idempotency_conflict')
    expect(problem.errors).toBeUndefined()
    expect(problem.detail).toContain('callback_secret')
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

  it('can have one that is too long: the faults of the body are named beside it', async () => {
    const key = { 'idempotency-key': 'k'.repeat(256) }
    const body = aRequest({ count: 99, callback_url: 'https://127.0.0.1/', unknown: 1 })
    const problem = await expectProblem(await post('/v1/jobs', body, key), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['callback_url', 'count', 'idempotency-key', 'unknown'])
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

function postWith(bindings: Partial<Env>, body: unknown, headers: Record<string, string>): Promise<Response> {
  return fetchWith(bindings, apiRequest('POST', '/v1/jobs', body, headers))
}
