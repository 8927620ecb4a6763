import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../support/api-keys.ts'
import { visitor, visitorWith } from '../support/pages.ts'
import { publicBaseUrl, world } from '../support/world.ts'

const wrong = 'rh_a_key_that_does_not_exist'

function signIn(fields: Record<string, string>) {
  return visitor('').post('/sign-in', { api_key: env.ADMIN_API_KEY, ...fields })
}

describe('signing in', () => {
  it('leads back to the page that asked for it', async () => {
    const turnedAway = await visitor('').get('/jobs?status=failed')
    expect(turnedAway.location).toBe('/sign-in?next=%2Fjobs%3Fstatus%3Dfailed')
    const form = await visitor('').get('/sign-in?next=%2Fjobs%3Fstatus%3Dfailed')
    expect(form.html).toContain('value="/jobs?status=failed"')
    expect((await signIn({ next: '/jobs?status=failed' })).location).toBe('/jobs?status=failed')
  })

  it('leads to the first page that the key may see', async () => {
    const homes = { 'jobs:read': '/', 'jobs:write': '/jobs/new', deliveries: '/deliveries', admin: '/' }
    for (const [scope, home] of Object.entries(homes)) {
      const { key } = await createApiKey(scope, { scopes: [scope] })
      expect((await signIn({ api_key: key })).location).toBe(home)
      const person = await visitorWith(key)
      expect((await person.get('/sign-in')).location).toBe(home)
      expect((await person.get('/keys')).html).toContain(`class="brand" href="${home}"`)
    }
  })

  it('takes a key with spaces around it, as it is pasted', async () => {
    expect(await signIn({ api_key: ` ${env.ADMIN_API_KEY}\n` })).toMatchObject({ status: 303 })
  })

  it.each([
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    '/\n//evil.test',
    '\t//evil.test',
    ' //evil.test',
    '/.//evil.test',
    '/jobs/..//evil.test',
    '/%2e//evil.test',
    'https://evil.test',
    'https:evil.test',
    'javascript:alert(1)',
    'evil.test',
    '/\u0000/evil.test',
    '//[',
  ])('never leads to another host: %j', async (next) => {
    const { status, location } = await signIn({ next })
    expect(status).toBe(303)
    expect(new URL(location ?? '', publicBaseUrl).origin).toBe(publicBaseUrl)
    // Not at the second step either.
    expect(location).not.toMatch(/^\/[/\\]/)
    const shown = await visitor('').get(`/sign-in?${new URLSearchParams({ next })}`)
    expect(shown).toMatchObject({ status: 200 })
    const person = await visitorWith(env.ADMIN_API_KEY)
    const again = await person.get(`/sign-in?${new URLSearchParams({ next })}`)
    expect(new URL(again.location ?? '', publicBaseUrl).origin).toBe(publicBaseUrl)
  })
})

describe('a refused key', () => {
  it('gets the form again, without saying what is wrong with it', async () => {
    const expires_at = new Date(world.edges.now() + 1_000).toISOString()
    const { key: expired } = await createApiKey('expired', { expires_at })
    await world.advance(1_000)
    const pages = await Promise.all(['', wrong, expired].map((api_key) => signIn({ api_key, next: '/jobs' })))
    for (const { status, html, headers } of pages) {
      expect(status).toBe(401)
      expect(headers.get('set-cookie')).toBeNull()
      expect(html).toBe(pages[0]?.html)
      expect(html).toContain('value="/jobs"')
    }
  })

  it.each([
    ['no form', 'application/json', '{"api_key":"x"}'],
    [
      'a form that is cut off',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; na',
    ],
    ['no content type', '', 'api_key=x'],
    [
      'a form that is larger than ours',
      'application/x-www-form-urlencoded',
      `api_key=${'x'.repeat(100_000)}`,
    ],
  ])('is also %s', async (_, contentType, body) => {
    const headers = { origin: publicBaseUrl, 'content-type': contentType }
    expect(await visitor('').send('/sign-in', { method: 'POST', headers, body })).toMatchObject({
      status: 401,
    })
  })
})

describe('an API key that signs in', () => {
  beforeEach(() => {
    world.logs.length = 0
  })

  it('is in no log, no address and no page', async () => {
    const { key } = await createApiKey('secret')
    for (const api_key of [key, wrong]) {
      const signedIn = await signIn({ api_key, next: '/keys' })
      expect(signedIn.location ?? '').not.toContain(api_key)
      expect(signedIn.html + [...signedIn.headers]).not.toContain(api_key)
    }
    const { html } = await (await visitorWith(key)).get('/keys')
    expect(html).not.toContain(key)
    expect(JSON.stringify(world.logs)).not.toContain(key)
    expect(JSON.stringify(world.logs)).not.toContain(wrong)
  })
})

it('the admin key opens every section', async () => {
  const admin = await visitorWith(env.ADMIN_API_KEY)
  for (const path of ['/', '/jobs', '/jobs/new', '/deliveries', '/endpoints', '/keys'])
    expect(await admin.get(path)).toMatchObject({ status: 200 })
})
