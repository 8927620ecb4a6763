/** The rules of every page: which requests may change something, the headers, and the paths. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { pages } from '../../src/dashboard/pages.tsx'
import { forgetOwners } from '../../src/store/owner-memory.ts'
import { deadDatabase } from '../support/api-call.ts'
import { createApiKey } from '../support/api-keys.ts'
import { type Page, visitor, visitorWith } from '../support/pages.ts'
import { publicBaseUrl, world } from '../support/world.ts'

const changes = pages.routes.flatMap(({ method, path }) =>
  method === 'GET' || method === 'ALL' ? [] : [{ method, path: path.replaceAll(/:\w+/g, 'x') }],
)
const paths = [...new Set(changes.map(({ path }) => path))]

describe('a request that changes something', () => {
  it.each(paths)('is refused unless a page of ours sends it: %s', async (path) => {
    const { send } = await visitorWith(env.ADMIN_API_KEY)
    const own = { origin: publicBaseUrl }
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: publicBaseUrl.replace('https', 'http') },
      { origin: `${publicBaseUrl}.evil.test` },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'nonsense' },
      { 'content-type': 'application/json' },
      { origin: 'https://evil.test', 'content-type': 'application/json' },
      { origin: 'https://evil.test', 'content-type': '' },
    ]
    const methods = new Set([
      'POST',
      ...changes.filter((one) => one.path === path).map(({ method }) => method),
    ])
    for (const method of methods)
      for (const headers of foreign) {
        const body = new TextEncoder().encode('name=x')
        const refused = await send(path, { method, headers, body })
        expect(refused, JSON.stringify(headers)).toMatchObject({ status: 403 })
        expect(refused.html).toContain('This form was not sent by our page')
        expect(refused.headers.get('set-cookie')).toBeNull()
      }
  })

  it('is taken from a page of ours, by either header', async () => {
    const { send } = await visitorWith(env.ADMIN_API_KEY)
    for (const headers of [{ origin: publicBaseUrl }, { 'sec-fetch-site': 'same-origin' }])
      expect(await send('/sign-out', { method: 'POST', headers })).toMatchObject({ location: '/sign-in' })
  })

  it('without a session leads to the form to sign in, and does nothing', async () => {
    const answered = await visitor('').post('/keys/new', { name: 'x' })
    expect(answered.location).toBe('/sign-in')
  })
})

describe('the headers of a page', () => {
  const expectSafe = ({ headers }: Page) => {
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-type')).toMatch(/^text\/html; charset=utf-8$/i)
  }

  it('keep foreign scripts, frames and caches away, also from errors', async () => {
    const admin = await visitorWith(env.ADMIN_API_KEY)
    const narrow = await visitorWith((await createApiKey('narrow', { scopes: ['jobs:write'] })).key)
    const all = {
      200: await admin.get('/keys'),
      401: await visitor('').post('/sign-in', { api_key: 'wrong' }),
      403: await narrow.get('/keys/new'),
      404: await admin.get('/keys/x/y/z'),
      405: await visitor('').send('/sign-out', { method: 'POST' }),
    }
    for (const page of Object.values(all)) expectSafe(page)
    expect(Object.values(all).map(({ status }) => status)).toEqual([200, 401, 403, 404, 403])
  })

  it('are the same when a page breaks, and the log has no parameter of its path', async () => {
    const person = await visitorWith((await createApiKey()).key)
    const broken = {
      prepare: () => {
        throw new Error('a bug')
      },
      batch: () => {
        throw new Error('a bug')
      },
    }
    const page = await visitor(person.cookie, { DB: broken as unknown as D1Database }).get('/keys/key_secret')
    expectSafe(page)
    expect(page.status).toBe(500)
    expect(page.html).not.toContain('a bug')
    const [logged] = world.logs.filter(({ event }) => event === 'page.failed').slice(-1)
    expect(JSON.stringify(logged)).not.toContain('key_secret')
  })

  it('of too many requests say when to come back', async () => {
    const { cookie } = await visitorWith(env.ADMIN_API_KEY)
    const REQUESTS: RateLimit = { limit: async () => ({ success: false }) }
    const page = await visitor(cookie, { REQUESTS }).get('/jobs')
    expectSafe(page)
    expect(page).toMatchObject({ status: 429 })
    expect(page.headers.get('retry-after')).toBe('60')
    expect(page.html).toContain('Wait a minute')
  })
})

it('pages take no request from the limit of their API key, and have the largest one', async () => {
  const { id, key } = await createApiKey('looks', { requests_per_minute: 60 })
  const { cookie } = await visitorWith(key)
  const counted: string[] = []
  const page = await visitor(cookie, {
    REQUESTS: {
      limit: async ({ key }) => {
        counted.push(key)
        return { success: true }
      },
    },
    REQUESTS_60: { limit: async () => ({ success: false }) },
  }).get('/jobs')
  expect(page).toMatchObject({ status: 200 })
  expect(counted).toEqual([`${publicBaseUrl} pages ${id}`])
})

describe('the paths of pages', () => {
  it.each(['/v1/nothing', '/webhooks/x', '/uploads/x', '/nothing', '/static', '/docs/nothing', '/healthz/x'])(
    'leave %s to the API',
    async (path) => {
      const { status, headers } = await visitor('').get(path)
      expect(status).toBeGreaterThanOrEqual(401)
      expect(headers.get('content-type')).not.toContain('text/html')
    },
  )

  it.each(['/nope', '/docs/nothing', '/static/nope.css', '/simulator/nope'])(
    'are a plain page with links at %s, for a browser only',
    async (path) => {
      const page = await visitor('').get(path, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' })
      expect(page.status).toBe(404)
      expect(page.html).toContain('There is no such page')
      expect(page.html).toContain('<a href="/docs">')
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(page.headers.get('cache-control')).toBe('no-store')
      for (const accept of ['*/*', 'application/json', 'image/png']) {
        const { status, headers } = await visitor('').get(path, { accept })
        expect({ status, type: headers.get('content-type') }).toEqual({
          status: 404,
          type: 'application/problem+json',
        })
      }
    },
  )

  it.each(['/healthz', '/docs', '/openapi.json', '/.well-known/webhook-keys.json'])(
    'leave %s open to all',
    async (path) => {
      expect(await visitor('').get(path)).toMatchObject({ status: 200 })
    },
  )

  it('answer HEAD as GET, without the page', async () => {
    const { send } = await visitorWith(env.ADMIN_API_KEY)
    expect(await send('/keys', { method: 'HEAD' })).toMatchObject({ status: 200, html: '' })
    const away = await visitor('').send('/keys', { method: 'HEAD' })
    expect(away.location).toBe('/sign-in?next=%2Fkeys')
  })

  it('are problems in JSON, as every path is, while the settings are invalid', async () => {
    for (const path of ['/', '/jobs', '/sign-in', '/static/base.css']) {
      const { status, headers } = await visitor('', { SIGNING_SECRET: '' } as Partial<Env>).get(path)
      expect({ path, status, type: headers.get('content-type') }).toEqual({
        path,
        status: 503,
        type: 'application/problem+json',
      })
    }
  })
})

it('a page says that the database is not available, also when it cannot read who looks at it', async () => {
  const { key } = await createApiKey('reader')
  const { cookie } = await visitorWith(key)
  forgetOwners()
  const page = await visitor(cookie, { DB: deadDatabase as never }).get('/keys')
  expect(page).toMatchObject({ status: 503 })
  expect(page.headers.get('retry-after')).toBe('10')
  expect(page.html).toContain('The database is not available')
})
