/** How long a person stays signed in, and what the cookie is good for. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { sha256, sign, signingKey } from '../../src/core/crypto/derived-keys.ts'
import { apiRequest } from '../support/api-call.ts'
import { bearerHeader, createApiKey, revokeApiKey } from '../support/api-keys.ts'
import { visitor, visitorWith } from '../support/pages.ts'
import { expectProblem } from '../support/problem.ts'
import { fetchWith } from '../support/runtime.ts'
import { createWaitingWorker } from '../support/waiting.ts'
import { world } from '../support/world.ts'

const days = 24 * 60 * 60 * 1_000
const name = '__Host-reelhook'

/** A cookie as the Worker makes it, or with parts of the test's own. */
async function aCookie(overrides: { apiKey?: string; endsAt?: number; secret?: string } = {}) {
  const { apiKey = env.ADMIN_API_KEY, secret = env.SIGNING_SECRET } = overrides
  const endsAt = overrides.endsAt ?? world.edges.now() + days
  const content = `${await sha256(apiKey)}.${endsAt}`
  return `${name}=${content}.${await sign(await signingKey([secret], 'dashboard sessions'), content)}`
}

async function isSignedIn(cookie: string, bindings: Partial<Env> = {}): Promise<boolean> {
  const { status, location } = await visitor(cookie, bindings).get('/keys')
  if (status === 200) return true
  expect(location).toBe('/sign-in?next=%2Fkeys')
  return false
}

describe('the cookie of a session', () => {
  it('is sent over HTTPS only, to this host only, and is hidden from scripts', async () => {
    const { headers } = await visitor('').post('/sign-in', { api_key: env.ADMIN_API_KEY })
    const [pair = '', ...flags] = (headers.get('set-cookie') ?? '').split('; ')
    expect(pair).toMatch(/^__Host-reelhook=[0-9a-f]{64}\.\d{13}\.[\w-]{43}$/)
    expect(flags.sort()).toEqual(['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Strict', 'Secure'])
  })

  it('works without HTTPS on a local machine', async () => {
    const local = { PUBLIC_BASE_URL: 'http://127.0.0.1:8787', ALLOW_PRIVATE_NETWORK: 'true' } as Partial<Env>
    const { cookie, get } = await visitorWith(env.ADMIN_API_KEY, local)
    expect(cookie).toMatch(/^reelhook=/)
    expect(await get('/keys')).toMatchObject({ status: 200 })
  })

  it('opens nothing once it is changed', async () => {
    const cookie = await aCookie()
    expect(await isSignedIn(cookie)).toBe(true)
    const [hash = '', endsAt = '', signature = ''] = cookie.slice(name.length + 1).split('.')
    const other = await sha256('another key')
    const changed = [
      `${other}.${endsAt}.${signature}`,
      `${hash}.${Number(endsAt) + 1}.${signature}`,
      `${hash}.${endsAt}.${signature.slice(0, -1)}`,
      `${hash}.${endsAt}.`,
      `${hash}.${endsAt}`,
      `${hash}.${endsAt}.${signature}.more`,
      `${hash}.Infinity.${signature}`,
      '..',
      '',
      '%',
    ]
    for (const value of changed) expect(await isSignedIn(`${name}=${value}`), value).toBe(false)
  })

  it('opens nothing if another secret signs it, or the same secret for another purpose', async () => {
    expect(await isSignedIn(await aCookie({ secret: 'f'.repeat(32) }))).toBe(false)
    const content = `${await sha256(env.ADMIN_API_KEY)}.${world.edges.now() + days}`
    const foreign = await sign(await signingKey([env.SIGNING_SECRET], 'provider webhooks'), content)
    expect(await isSignedIn(`${name}=${content}.${foreign}`)).toBe(false)
  })

  it('opens nothing under the name that is for a local machine', async () => {
    expect(await isSignedIn((await aCookie()).replace('__Host-', ''))).toBe(false)
  })

  it('never opens the API', async () => {
    const headers = { cookie: await aCookie(), authorization: '' }
    for (const [method, path] of [
      ['GET', '/v1/jobs'],
      ['GET', '/v1/api-keys/current'],
      ['POST', '/v1/api-keys'],
      ['GET', '/v1/jobs/job_1/outputs/0'],
    ] as const)
      await expectProblem(
        await fetchWith({}, apiRequest(method, path, undefined, headers)),
        401,
        'unauthorized',
      )
  })
})

describe('a session', () => {
  it('ends after seven days', async () => {
    const { cookie } = await visitorWith(env.ADMIN_API_KEY)
    await world.advance(7 * days - 1)
    expect(await isSignedIn(cookie)).toBe(true)
    await world.advance(1)
    expect(await isSignedIn(cookie)).toBe(false)
  })

  it('survives a rotation of SIGNING_SECRET, until the previous secret is removed', async () => {
    const { cookie } = await visitorWith(env.ADMIN_API_KEY)
    const SIGNING_SECRET = 'the next signing secret of the deployment'
    const rotated = { SIGNING_SECRET, SIGNING_SECRET_PREVIOUS: env.SIGNING_SECRET } as Partial<Env>
    expect(await isSignedIn(cookie, rotated)).toBe(true)
    expect(await isSignedIn(cookie, { SIGNING_SECRET } as Partial<Env>)).toBe(false)
  })

  it('ends when its key is revoked', async () => {
    const key = await createApiKey()
    const { cookie } = await visitorWith(key.key)
    expect(await isSignedIn(cookie)).toBe(true)
    await revokeApiKey(key)
    expect(await isSignedIn(cookie)).toBe(false)
  })

  it('ends when its key expires', async () => {
    const expires_at = new Date(world.edges.now() + 60_000).toISOString()
    const { key } = await createApiKey('brief', { expires_at })
    const { cookie } = await visitorWith(key)
    await world.advance(59_999)
    expect(await isSignedIn(cookie)).toBe(true)
    await world.advance(1)
    expect(await isSignedIn(cookie)).toBe(false)
  })

  it('of the admin ends when ADMIN_API_KEY changes', async () => {
    const { cookie } = await visitorWith(env.ADMIN_API_KEY)
    expect(
      await isSignedIn(cookie, { ADMIN_API_KEY: 'another-admin-key-of-the-tests' } as Partial<Env>),
    ).toBe(false)
  })

  it('has the scopes that its key has now', async () => {
    const key = await createApiKey('narrowed', { scopes: ['jobs:read', 'deliveries'] })
    const person = await visitorWith(key.key)
    expect((await person.get('/keys')).html).toContain('href="/endpoints"')
    const patch = { method: 'PATCH', headers: { authorization: `Bearer ${env.ADMIN_API_KEY}` } }
    const request = apiRequest(patch.method, `/v1/api-keys/${key.id}`, { scopes: ['jobs:read'] })
    expect((await fetchWith({}, request)).status).toBe(200)
    expect((await person.get('/keys')).html).not.toContain('href="/endpoints"')
  })

  it('needs the cookie: a page does not take an API key in a header', async () => {
    const { status, location } = await visitor('').send('/keys', {
      headers: bearerHeader({ key: env.ADMIN_API_KEY }),
    })
    expect({ status, location }).toEqual({ status: 303, location: '/sign-in?next=%2Fkeys' })
  })

  it('ends on this browser when the person signs out', async () => {
    const { post } = await visitorWith(env.ADMIN_API_KEY)
    const { headers, location } = await post('/sign-out', {})
    expect(location).toBe('/sign-in')
    expect(headers.get('set-cookie')).toMatch(
      /^__Host-reelhook=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
  })

  it('ends its stream within about a minute after its key is revoked', async () => {
    const key = await createApiKey()
    const { cookie } = await visitorWith(key.key)
    const { follow } = createWaitingWorker()
    const stream = await follow('/live/events', { cookie })
    expect(stream.status).toBe(200)
    await revokeApiKey(key)
    const revokedAt = world.edges.now()
    await stream.toEnd()
    expect(world.edges.now() - revokedAt).toBeLessThanOrEqual(75_000)
  })
})
