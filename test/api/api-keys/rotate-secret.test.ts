import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
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

/** The delivery of a job of this key that fails at once. */
async function deliveryOf(apiKey: NewApiKey, overrides: Record<string, unknown> = {}): Promise<Received> {
  const prompt = 'A paper boat sim(submit=402)'
  const { id } = await (await postJobWith(apiKey, { prompt, ...overrides })).json<JobView>()
  await untilStatus(id, 'failed')
  const [received] = await untilNotified(id)
  if (received === undefined) throw new Error('the caller received nothing')
  return received
}

/** The secrets that signed, in the order of the header. */
function signersOf(received: Received, secrets: Record<string, string>): string[] {
  return signaturesOf(received).flatMap((signature) => {
    const alone = { ...received, headers: { ...received.headers, 'webhook-signature': signature } }
    return Object.keys(secrets).filter((name) => isSignedWith(secrets[name] ?? '', alone))
  })
}

describe('a rotated secret', () => {
  it('is shown only once, with the end of the overlap', async () => {
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

  it('has the time of the last rotation, for the admin and for the key itself', async () => {
    const apiKey = await createApiKey()
    await rotate(apiKey)
    await world.advance(hours)
    const secret_rotated_at = new Date(world.edges.now()).toISOString()
    await rotate(apiKey)
    await world.advance(48 * hours)
    expect(await (await api(`/v1/api-keys/${apiKey.id}`)).json()).toMatchObject({ secret_rotated_at })
    const itself = await api('/v1/api-keys/current', { headers: bearerHeader(apiKey) })
    expect(await itself.json()).toMatchObject({ secret_rotated_at })
  })

  it('signs before the previous secret for a day, and then alone', async () => {
    const apiKey = await createApiKey()
    const secrets = { old: apiKey.callback_secret, new: (await rotate(apiKey)).callback_secret }
    expect(signersOf(await deliveryOf(apiKey), secrets)).toEqual(['new', 'old'])
    await world.advance(24 * hours - 1)
    expect(signersOf(await deliveryOf(apiKey), secrets)).toEqual(['new', 'old'])
    await world.advance(1)
    expect(signersOf(await deliveryOf(apiKey), secrets)).toEqual(['new'])
  })

  it('does not end an earlier overlap: after two rotations three secrets sign', async () => {
    const apiKey = await createApiKey()
    const [second, third] = [await rotate(apiKey), await rotate(apiKey)]
    const secrets = {
      first: apiKey.callback_secret,
      second: second.callback_secret,
      third: third.callback_secret,
    }
    expect(signersOf(await deliveryOf(apiKey), secrets)).toEqual(['third', 'second', 'first'])
  })

  it('is kept for each of two rotations at once', async () => {
    const apiKey = await createApiKey()
    const [one, other] = await Promise.all([rotate(apiKey), rotate(apiKey)])
    const received = await deliveryOf(apiKey)
    const all = [apiKey.callback_secret, one.callback_secret, other.callback_secret]
    expect(all.filter((secret) => isSignedWith(secret, received))).toEqual(all)
  })

  it('signs the next attempt of an earlier delivery', async () => {
    const apiKey = await createApiKey()
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    const first = await deliveryOf(apiKey)
    const { callback_secret } = await rotate(apiKey)
    await world.advance(5_000)
    await sweep()
    const jobId = JSON.parse(first.body).data.id
    const [, second] = await untilNotified(jobId, 2)
    expect(second && isSignedWith(callback_secret, second)).toBe(true)
  })

  it('changes nothing for a job with a callback_secret', async () => {
    const apiKey = await createApiKey()
    await rotate(apiKey)
    const received = await deliveryOf(apiKey, { callback_secret: callbackSecret })
    expect(isSignedWith(callbackSecret, received)).toBe(true)
    expect(signaturesOf(received).filter((signature) => signature.startsWith('v1,'))).toHaveLength(1)
  })

  it('can be requested by the key itself', async () => {
    const apiKey = await createApiKey()
    const response = await post(apiKey.id, apiKey.key)
    expect(response.status).toBe(200)
    const { callback_secret } = await response.json<Rotation>()
    expect(isSignedWith(callback_secret, await deliveryOf(apiKey))).toBe(true)
  })

  it('is logged with both keys, without the secret', async () => {
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
  it('for another key', async () => {
    const [own, other] = [await createApiKey('own'), await createApiKey('other')]
    await expectProblem(await post(other.id, own.key), 403, 'forbidden')
    expect(isSignedWith(other.callback_secret, await deliveryOf(other))).toBe(true)
  })

  it('for a key that does not exist or is revoked', async () => {
    const apiKey = await createApiKey()
    await revokeApiKey(apiKey)
    await expectProblem(await post(apiKey.id), 404, 'not_found')
    await expectProblem(await post('key_none'), 404, 'not_found')
    await expectProblem(await post('admin'), 404, 'not_found')
  })

  it('while four secrets sign, until one of them expires', async () => {
    const apiKey = await createApiKey()
    for (const _ of [2, 3, 4]) await rotate(apiKey)
    const refused = await post(apiKey.id)
    expect(refused.headers.get('retry-after')).toBe('86400')
    await expectProblem(refused, 429, 'rate_limited')
    expect(isSignedWith(apiKey.callback_secret, await deliveryOf(apiKey))).toBe(true)
    await world.advance(24 * hours)
    await rotate(apiKey)
  })
})

describe('a hostile reader of the database', () => {
  it('finds neither the new nor the previous secret', async () => {
    const apiKey = await createApiKey()
    const { callback_secret } = await rotate(apiKey)
    const stored = JSON.stringify(await select('SELECT * FROM api_keys WHERE id = ?', apiKey.id))
    expect(stored).not.toContain(apiKey.callback_secret.replace('whsec_', ''))
    expect(stored).not.toContain(callback_secret.replace('whsec_', ''))
  })
})
