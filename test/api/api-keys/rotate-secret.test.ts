import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job-view-schema.ts'
import {
  bearerHeader,
  createApiKey,
  type NewApiKey,
  postJobWith,
  revokeApiKey,
} from '../../support/api-keys.ts'
import { callbackSecret, isSignedWith, type Received, signaturesOf } from '../../support/caller.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, sweep, untilNotified, untilStatus } from '../../support/reelhook.ts'
import { select } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const hours = 60 * 60 * 1_000

interface Rotation {
  id: string
  callback_secret: string
  overlap_until: string
}

async function post(id: string, key = env.ADMIN_API_KEY): Promise<Response> {
  return api(`/v1/api-keys/${id}/rotate-secret`, { method: 'POST', headers: bearerHeader({ key }) })
}

async function rotate({ id }: NewApiKey): Promise<Rotation> {
  const response = await post(id)
  expect(response.status).toBe(200)
  return response.json()
}

/** What the caller is sent of a job of this key's that fails at once. */
async function tellOf(apiKey: NewApiKey, overrides: Record<string, unknown> = {}): Promise<Received> {
  const prompt = 'A paper boat sim(submit=402)'
  const { id } = await (await postJobWith(apiKey, { prompt, ...overrides })).json<JobView>()
  await untilStatus(id, 'failed')
  const [told] = await untilNotified(id)
  if (told === undefined) throw new Error('the caller was not told')
  return told
}

/** Which of the secrets signed, in the order of the header. */
function signersOf(told: Received, secrets: Record<string, string>): string[] {
  return signaturesOf(told).flatMap((signature) => {
    const alone = { ...told, headers: { ...told.headers, 'webhook-signature': signature } }
    return Object.keys(secrets).filter((name) => isSignedWith(secrets[name] ?? '', alone))
  })
}

describe('a rotated secret', () => {
  it('is shown once, with the end of the overlap', async () => {
    const apiKey = await createApiKey()
    const rotation = await rotate(apiKey)
    expect(rotation).toEqual({
      id: apiKey.id,
      callback_secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      overlap_until: new Date(world.edges.now() + 24 * hours).toISOString(),
    })
    expect(rotation.callback_secret).not.toBe(apiKey.callback_secret)
    expect(await (await api('/v1/api-keys')).text()).not.toContain('whsec_')
  })

  it('signs first, and the one before it beside it for a day; then it signs alone', async () => {
    const apiKey = await createApiKey()
    const secrets = { old: apiKey.callback_secret, new: (await rotate(apiKey)).callback_secret }
    expect(signersOf(await tellOf(apiKey), secrets)).toEqual(['new', 'old'])
    await world.advance(24 * hours - 1)
    expect(signersOf(await tellOf(apiKey), secrets)).toEqual(['new', 'old'])
    await world.advance(1)
    expect(signersOf(await tellOf(apiKey), secrets)).toEqual(['new'])
  })

  it('ends no overlap that runs already: whoever rotates twice breaks nobody', async () => {
    const apiKey = await createApiKey()
    const [second, third] = [await rotate(apiKey), await rotate(apiKey)]
    const secrets = {
      first: apiKey.callback_secret,
      second: second.callback_secret,
      third: third.callback_secret,
    }
    expect(signersOf(await tellOf(apiKey), secrets)).toEqual(['third', 'second', 'first'])
  })

  it('is one for each of two rotations at once, and none is lost', async () => {
    const apiKey = await createApiKey()
    const [one, other] = await Promise.all([rotate(apiKey), rotate(apiKey)])
    const told = await tellOf(apiKey)
    const all = [apiKey.callback_secret, one.callback_secret, other.callback_secret]
    expect(all.filter((secret) => isSignedWith(secret, told))).toEqual(all)
  })

  it('signs the next attempt of what was told before', async () => {
    const apiKey = await createApiKey()
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    const first = await tellOf(apiKey)
    const { callback_secret } = await rotate(apiKey)
    await world.advance(5_000)
    await sweep()
    const jobId = JSON.parse(first.body).data.id
    const [, second] = await untilNotified(jobId, 2)
    expect(second && isSignedWith(callback_secret, second)).toBe(true)
  })

  it('changes nothing for a job with a secret of its own', async () => {
    const apiKey = await createApiKey()
    await rotate(apiKey)
    const told = await tellOf(apiKey, { callback_secret: callbackSecret })
    expect(isSignedWith(callbackSecret, told)).toBe(true)
    expect(signaturesOf(told).filter((signature) => signature.startsWith('v1,'))).toHaveLength(1)
  })

  it('may be made by the key itself', async () => {
    const apiKey = await createApiKey()
    const response = await post(apiKey.id, apiKey.key)
    expect(response.status).toBe(200)
    const { callback_secret } = await response.json<Rotation>()
    expect(isSignedWith(callback_secret, await tellOf(apiKey))).toBe(true)
  })

  it('is on record, by whom and for whom, without the secret', async () => {
    const apiKey = await createApiKey()
    const { callback_secret } = await rotate(apiKey)
    const { event, fields } = world.logs.findLast((line) => line.event === 'secret.rotated') ?? {}
    expect([event, fields]).toEqual([
      'secret.rotated',
      { api_key_id: apiKey.id, by: 'admin', result: 'rotated' },
    ])
    expect(JSON.stringify(world.logs)).not.toContain(callback_secret)
  })
})

describe('a rotation is refused', () => {
  it('to another key', async () => {
    const [mine, yours] = [await createApiKey('mine'), await createApiKey('yours')]
    await expectProblem(await post(yours.id, mine.key), 403, 'forbidden')
    expect(isSignedWith(yours.callback_secret, await tellOf(yours))).toBe(true)
  })

  it('for a key that is not there, or is revoked', async () => {
    const apiKey = await createApiKey()
    await revokeApiKey(apiKey)
    await expectProblem(await post(apiKey.id), 404, 'not_found')
    await expectProblem(await post('key_none'), 404, 'not_found')
    await expectProblem(await post('admin'), 404, 'not_found')
  })

  it('while four secrets sign already, until one of them ends', async () => {
    const apiKey = await createApiKey()
    for (const _ of [2, 3, 4]) await rotate(apiKey)
    const refused = await post(apiKey.id)
    expect(refused.headers.get('retry-after')).toBe('86400')
    await expectProblem(refused, 429, 'rate_limited')
    expect(isSignedWith(apiKey.callback_secret, await tellOf(apiKey))).toBe(true)
    await world.advance(24 * hours)
    await rotate(apiKey)
  })
})

describe('a hostile reader of the database', () => {
  it('finds neither the new secret nor the one before it', async () => {
    const apiKey = await createApiKey()
    const { callback_secret } = await rotate(apiKey)
    const kept = JSON.stringify(await select('SELECT * FROM api_keys WHERE id = ?', apiKey.id))
    expect(kept).not.toContain(apiKey.callback_secret.replace('whsec_', ''))
    expect(kept).not.toContain(callback_secret.replace('whsec_', ''))
  })
})
