import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { createApiKey, type NewApiKey, postJobWith, revokeApiKey } from '../../support/api-keys.ts'
import { callbackSecret, isSignedWith } from '../../support/caller.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, post, untilNotified } from '../../support/reelhook.ts'
import { select } from '../../support/storage.ts'
import { finish } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

async function listKeys(): Promise<Record<string, unknown>[]> {
  const { data } = await (await api('/v1/api-keys')).json<{ data: Record<string, unknown>[] }>()
  return data
}

/** Runs a job of the key, with a step in between, and returns the delivery that its caller receives. */
async function deliveryOf(
  apiKey: NewApiKey,
  overrides: Record<string, unknown>,
  meanwhile?: () => Promise<void>,
) {
  const { id } = await (await postJobWith(apiKey, overrides)).json<JobView>()
  await meanwhile?.()
  await finish(id)
  const [received] = await untilNotified(id)
  if (received === undefined) throw new Error('the caller received nothing')
  return received
}

const unlimited = {
  project: null,
  scopes: ['jobs:read', 'jobs:write', 'deliveries'],
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  secret_rotated_at: null,
  callback_url: null,
  requests_per_minute: null,
  monthly_budget_usd: null,
  spent_usd: null,
}

describe('an API key', () => {
  it('is shown with its secret when it is created', async () => {
    const apiKey = await createApiKey('n8n')
    expect(apiKey).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
      name: 'n8n',
      key: expect.stringMatching(/^rh_[0-9a-f]{64}$/),
      callback_secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      created_at: expect.any(String),
      ...unlimited,
    })
  })

  it('is listed newest first, without the key and the secret', async () => {
    const [older, newer] = [await createApiKey('older'), await createApiKey('newer')]
    const [first, second] = await listKeys()
    expect(first).toEqual({ id: newer.id, name: 'newer', created_at: newer.created_at, ...unlimited })
    expect(second?.id).toBe(older.id)
  })

  it('has a unique key and secret', async () => {
    const [one, two] = [await createApiKey('twin'), await createApiKey('twin')]
    expect(one.key).not.toBe(two.key)
    expect(one.callback_secret).not.toBe(two.callback_secret)
  })

  it('can be revoked once, and stays listed as revoked', async () => {
    const apiKey = await createApiKey()
    expect((await revokeApiKey(apiKey)).status).toBe(204)
    // Within the same millisecond it would be a repeat of the same write.
    await world.advance(1)
    await expectProblem(await revokeApiKey(apiKey), 404, 'not_found')
    const listed = (await listKeys()).find(({ id }) => id === apiKey.id)
    expect(listed?.revoked_at).toEqual(expect.any(String))
  })

  it('signs the deliveries of its jobs', async () => {
    const apiKey = await createApiKey()
    const received = await deliveryOf(apiKey, {})
    expect(isSignedWith(apiKey.callback_secret, received)).toBe(true)
  })

  it('still signs the deliveries of its jobs after it was revoked', async () => {
    const apiKey = await createApiKey()
    const received = await deliveryOf(apiKey, {}, async () => {
      expect((await revokeApiKey(apiKey)).status).toBe(204)
    })
    expect(isSignedWith(apiKey.callback_secret, received)).toBe(true)
  })

  it('does not sign for a job with a callback_secret', async () => {
    const apiKey = await createApiKey()
    const received = await deliveryOf(apiKey, { callback_secret: callbackSecret })
    expect(isSignedWith(callbackSecret, received)).toBe(true)
    expect(isSignedWith(apiKey.callback_secret, received)).toBe(false)
  })
})

describe('a refused API key', () => {
  it.each([{}, { name: '' }, { name: '  ' }, { name: 'n'.repeat(101) }, { name: 7 }])(
    'has an invalid name: %j',
    async (body) => {
      const problem = await expectProblem(await post('/v1/api-keys', body), 422, 'invalid_request')
      expect(pathsOf(problem)).toEqual(['name'])
    },
  )

  it('has an error for each unknown field and for its name', async () => {
    const body = { name: '', key: 'rh_chosen', admin: true }
    const problem = await expectProblem(await post('/v1/api-keys', body), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['admin', 'key', 'name'])
  })

  it('does not exist and cannot be revoked', async () => {
    await expectProblem(await api('/v1/api-keys/key_none', { method: 'DELETE' }), 404, 'not_found')
  })
})

describe('a hostile reader of the database', () => {
  it('finds neither a key nor its secret', async () => {
    const { id, key, callback_secret } = await createApiKey()
    const stored = JSON.stringify(await select('SELECT * FROM api_keys WHERE id = ?', id))
    expect(stored).not.toContain(key)
    expect(stored).not.toContain(key.replace('rh_', ''))
    expect(stored).not.toContain(callback_secret.replace('whsec_', ''))
  })
})

describe('the access of an API key', () => {
  const access = {
    project: 'shop',
    scopes: ['jobs:read'],
    expires_at: '2027-11-20T00:00:00.000Z',
    callback_url: 'https://caller.test/hook',
    requests_per_minute: 300,
    monthly_budget_usd: 12.5,
  }

  it('is set when the key is created, and shown', async () => {
    const created = await post('/v1/api-keys', { name: 'shop', ...access })
    expect(created.status).toBe(201)
    const { id } = await created.json<{ id: string }>()
    expect(await (await api(`/v1/api-keys/${id}`)).json()).toMatchObject({ id, name: 'shop', ...access })
  })

  it('changes field by field, except its project', async () => {
    const { id } = await (await post('/v1/api-keys', { name: 'shop', ...access })).json<{ id: string }>()
    const update = (body: unknown) =>
      api(`/v1/api-keys/${id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect(await (await update({ monthly_budget_usd: null, expires_at: null })).json()).toMatchObject({
      ...access,
      monthly_budget_usd: null,
      expires_at: null,
    })
    expect(pathsOf(await expectProblem(await update({ project: 'other' }), 422, 'invalid_request'))).toEqual([
      'project',
    ])
    expect(pathsOf(await expectProblem(await update({ scopes: ['admin'] }), 422, 'invalid_request'))).toEqual(
      ['scopes'],
    )
  })

  it('is refused with every fault at once', async () => {
    const body = {
      name: '',
      project: 'Not A Project',
      scopes: [],
      expires_at: 'tomorrow',
      callback_url: 'hook',
      requests_per_minute: 61,
      monthly_budget_usd: -1,
    }
    const refused = await post('/v1/api-keys', body)
    expect(pathsOf(await expectProblem(refused, 422, 'invalid_request'))).toEqual(
      Object.keys(body).toSorted(),
    )
  })

  it('cannot join the scope admin with a project', async () => {
    const refused = await post('/v1/api-keys', { name: 'x', project: 'shop', scopes: ['admin'] })
    expect(pathsOf(await expectProblem(refused, 422, 'invalid_request'))).toEqual(['scopes'])
  })

  it('ends when the key expires', async () => {
    const expires_at = new Date(world.edges.now() + 60_000).toISOString()
    const { key } = await (await post('/v1/api-keys', { name: 'brief', expires_at })).json<{ key: string }>()
    const list = () => api('/v1/jobs', { headers: { authorization: `Bearer ${key}` } })
    expect((await list()).status).toBe(200)
    await world.advance(60_000)
    await expectProblem(await list(), 401, 'unauthorized')
  })
})
