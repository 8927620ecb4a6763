import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey, revokeApiKey } from '../support/api-keys.ts'
import { expectProblem } from '../support/problem.ts'
import { api, post } from '../support/reelhook.ts'
import { countRows } from '../support/storage.ts'

const guarded = [
  'GET /v1/jobs',
  'POST /v1/jobs',
  'GET /v1/jobs/job_00000000000000000000000000',
  'GET /v1/jobs/job_00000000000000000000000000/events',
  'GET /v1/jobs/job_00000000000000000000000000/outputs/0',
  'GET /v1/deliveries?job_id=job_00000000000000000000000000',
  'GET /v1/api-keys',
  'GET /v1/api-keys/current',
  'POST /v1/api-keys',
  'DELETE /v1/api-keys/key_00000000000000000000000000',
  'POST /v1/api-keys/key_00000000000000000000000000/rotate-secret',
  'POST /v1/callbacks/test',
  'GET /v1/nothing',
]

async function call(route: string, authorization: string): Promise<Response> {
  const [method = '', path = ''] = route.split(' ')
  return api(path, { method, headers: { authorization } })
}

async function expectUnauthorized(response: Response): Promise<void> {
  expect(response.headers.get('www-authenticate')).toBe('Bearer')
  await expectProblem(response, 401, 'unauthorized')
}

describe('a valid key', () => {
  it('gives access to jobs and deliveries', async () => {
    const { authorization } = bearerHeader(await createApiKey())
    expect((await call('GET /v1/jobs', authorization)).status).toBe(200)
    expect((await call('GET /v1/deliveries?job_id=none', authorization)).status).toBe(200)
  })

  it('is accepted whatever the case of the word Bearer', async () => {
    const { key } = await createApiKey()
    expect((await call('GET /v1/jobs', `bearer ${key}`)).status).toBe(200)
  })

  it.each(['GET /healthz', 'GET /openapi.json'])('is not needed for %s', async (route) => {
    expect((await call(route, '')).status).toBe(200)
  })
})

describe('a route that requires an API key', () => {
  it.each(guarded)('refuses a request without a key: %s', async (route) => {
    await expectUnauthorized(await call(route, ''))
  })

  it.each(guarded)('refuses an unknown key: %s', async (route) => {
    await expectUnauthorized(await call(route, 'Bearer rh_wrong'))
  })

  it.each(guarded)('refuses a revoked key: %s', async (route) => {
    const apiKey = await createApiKey()
    await revokeApiKey(apiKey)
    await expectUnauthorized(await call(route, bearerHeader(apiKey).authorization))
  })

  it.each([
    'Basic dXNlcjpwYXNz',
    'Bearer',
    'Bearer ',
    'the-admin-key-of-the-tests',
    'Bearer the-admin-key-of-the-test',
  ])('refuses the header %j', async (authorization) => {
    await expectUnauthorized(await call('GET /v1/jobs', authorization))
  })

  it('refuses the hash of a key', async () => {
    await createApiKey()
    const response = await api('/v1/jobs', { headers: { authorization: `Bearer ${'0'.repeat(64)}` } })
    await expectUnauthorized(response)
  })
})

describe('a key that is not the admin key', () => {
  it.each(['GET /v1/api-keys', 'DELETE /v1/api-keys/key_00000000000000000000000000'])(
    'cannot call %s',
    async (route) => {
      const { authorization } = bearerHeader(await createApiKey())
      await expectProblem(await call(route, authorization), 403, 'forbidden')
    },
  )

  it('cannot create keys', async () => {
    const apiKey = await createApiKey()
    const before = await countRows('api_keys')
    await expectProblem(await post('/v1/api-keys', { name: 'mine' }, bearerHeader(apiKey)), 403, 'forbidden')
    expect(await countRows('api_keys')).toBe(before)
  })

  it('cannot revoke keys, not even itself', async () => {
    const apiKey = await createApiKey()
    const response = await api(`/v1/api-keys/${apiKey.id}`, {
      method: 'DELETE',
      headers: bearerHeader(apiKey),
    })
    await expectProblem(response, 403, 'forbidden')
    expect((await call('GET /v1/jobs', bearerHeader(apiKey).authorization)).status).toBe(200)
  })
})
