/** The pages of API keys, for the scope admin and for any other key. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey, revokeApiKey } from '../support/api-keys.ts'
import { type Visitor, visitorWith } from '../support/pages.ts'
import { api } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'
import { world } from '../support/world.ts'

interface Listed {
  id: string
  name: string
  [field: string]: unknown
}

let admin: Visitor
beforeAll(async () => {
  admin = await visitorWith(env.ADMIN_API_KEY)
})

async function listKeys(): Promise<Listed[]> {
  return (await (await api('/v1/api-keys')).json<{ data: Listed[] }>()).data
}

async function showKey(id: string): Promise<Listed> {
  return (await api(`/v1/api-keys/${id}`)).json()
}

function hiddenField(html: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''
}

/** The fields of the form of a new key, as a person leaves them who types only a name. */
async function newKeyForm(name: string) {
  const { html } = await admin.get('/keys/new')
  const checked = [...html.matchAll(/name="scopes" value="([^"]+)" checked/g)].map(([, scope = '']) => scope)
  const empty = {
    project: '',
    expires_at: '',
    callback_url: '',
    requests_per_minute: '',
    monthly_budget_usd: '',
  }
  return { name, ...empty, scopes: checked, newest: hiddenField(html, 'newest') }
}

async function rotationForm(person: Visitor, id: string) {
  const { html } = await person.get(`/keys/${id}/rotate`)
  return { rotated_at: hiddenField(html, 'rotated_at') }
}

const secretIn = (html: string) => /whsec_[A-Za-z0-9+/]{43}=/.exec(html)?.[0] ?? ''

describe('the list of keys', () => {
  it('shows what each may do, use and spend, and links to it', async () => {
    const access = {
      project: 'shop',
      scopes: ['jobs:read'],
      monthly_budget_usd: 50,
      requests_per_minute: 300,
    }
    const { id } = await createApiKey('<b>orders</b>', access)
    const { html } = await admin.get('/keys')
    expect(html).toContain(`<a href="/keys/${id}" dir="auto">&lt;b&gt;orders&lt;/b&gt;</a>`)
    for (const text of ['shop', '<code>jobs:read</code>', '$0.00 of $50.00', '300/min', 'never', 'enabled'])
      expect(html).toContain(text)
    expect(html).toMatch(/<meter max="50"[^>]* value="0" aria-label="\$0.00 of \$50.00 used">/)
  })

  it('tells apart a key that is expired and one that is revoked', async () => {
    const expires_at = new Date(world.edges.now() + 1_000).toISOString()
    await createApiKey('brief', { expires_at })
    const gone = await createApiKey('gone')
    await revokeApiKey(gone)
    await world.advance(1_000)
    const { html } = await admin.get('/keys')
    expect(html).toContain('expired')
    expect(html.slice(html.indexOf('Revoked keys: 1'))).toContain('gone')
    expect(html).not.toContain(`/keys/${gone.id}`)
    expect(await admin.get(`/keys/${gone.id}`)).toMatchObject({ status: 404 })
  })

  it('shows the callbacks of the admin key that are disabled, and enables them', async () => {
    await select("INSERT INTO disabled_callbacks VALUES ('admin', 'dead.test', 1, 2)")
    expect((await admin.get('/keys')).html).toContain('<code>dead.test</code>')
    const { location } = await admin.post('/keys/admin/enable-callbacks', {})
    expect(location).toBe('/keys?notice=enabled')
    const { html } = await admin.get('/keys?notice=enabled')
    expect(html).not.toContain('dead.test')
    expect(html).toContain('role="status"')
  })
})

describe('a new key', () => {
  it('is shown once, with its secret, and works', async () => {
    const created = await admin.post('/keys/new', {
      ...(await newKeyForm('  to the moon  ')),
      project: 'moon',
      expires_at: '2099-01-02T03:04',
      monthly_budget_usd: '12.5',
      requests_per_minute: '60',
      callback_url: 'https://caller.test/hook',
    })
    expect(created).toMatchObject({ status: 200, location: null })
    expect(created.headers.get('cache-control')).toBe('no-store')
    const [key = ''] = /rh_[0-9a-f]{64}/.exec(created.html) ?? []
    expect(secretIn(created.html)).not.toBe('')
    const current = await api('/v1/api-keys/current', { headers: bearerHeader({ key }) })
    expect(await current.json()).toMatchObject({
      name: 'to the moon',
      project: 'moon',
      scopes: ['jobs:read', 'jobs:write', 'deliveries'],
      expires_at: '2099-01-02T03:04:00.000Z',
      callback_url: 'https://caller.test/hook',
      requests_per_minute: 60,
      budget: { monthly_budget_usd: 12.5 },
    })
    const after = await Promise.all(
      ['/keys', `/keys/${(await listKeys())[0]?.id}`].map((path) => admin.get(path)),
    )
    for (const { html } of after) expect(html).not.toMatch(/rh_[0-9a-f]{64}|whsec_/)
  })

  it('is not created again when the page is loaded again', async () => {
    const form = await newKeyForm('once')
    expect(await admin.post('/keys/new', form)).toMatchObject({ status: 200 })
    const again = await admin.post('/keys/new', form)
    expect(again).toMatchObject({ status: 409 })
    expect(again.html).toContain('No further key was created')
    expect(again.html).not.toMatch(/rh_[0-9a-f]{64}/)
    expect((await listKeys()).filter(({ name }) => name === 'once')).toHaveLength(1)
    // The form that is shown then is another one: a person may want two.
    const wanted = { ...form, newest: hiddenField(again.html, 'newest') }
    expect(await admin.post('/keys/new', wanted)).toMatchObject({ status: 200 })
  })

  it('keeps what was typed and shows each fault at its field', async () => {
    const before = await listKeys()
    const { status, html } = await admin.post('/keys/new', {
      name: 'x'.repeat(101),
      project: 'Not A Project',
      scopes: [],
      expires_at: 'soon',
      monthly_budget_usd: 'much',
      requests_per_minute: '7',
      callback_url: 'http://caller.test/hook',
    })
    expect(status).toBe(422)
    for (const [name, message] of Object.entries({
      name: 'must have 1 to 100 characters',
      project: 'lower-case letters',
      expires_at: 'must be a date and time',
      monthly_budget_usd: 'must be a number',
      requests_per_minute: 'must be 60 or 300 or 1200',
      callback_url: 'https',
    })) {
      expect(html).toMatch(new RegExp(`<p class="fault" id="${name}-fault" dir="auto">[^<]*${message}`))
      expect(html).toMatch(
        new RegExp(`id="${name}" name="${name}" aria-describedby="${name}-fault ${name}-hint"`),
      )
    }
    expect(html).toMatch(/<p class="fault" id="scopes-fault" dir="auto">/)
    for (const typed of ['Not A Project', 'soon', 'much', 'http://caller.test/hook'])
      expect(html).toContain(`value="${typed}"`)
    expect(await listKeys()).toEqual(before)
  })

  it('with the scope admin has no project', async () => {
    const form = { ...(await newKeyForm('both')), project: 'shop', scopes: ['admin'] }
    const { html } = await admin.post('/keys/new', form)
    expect(html).toContain('cannot have admin with a project')
  })
})

describe('the page of a key', () => {
  it('changes what a person has changed, and nothing else', async () => {
    const access = { scopes: ['jobs:read'], callback_url: 'https://caller.test/hook', monthly_budget_usd: 5 }
    const { id } = await createApiKey('before', access)
    const { html } = await admin.get(`/keys/${id}`)
    expect(html).toContain('value="https://caller.test/hook"')
    expect(html).not.toContain('name="project"')
    const { location } = await admin.post(`/keys/${id}`, {
      name: 'after',
      scopes: ['jobs:read', 'deliveries'],
      callback_url: '',
      monthly_budget_usd: '5',
      requests_per_minute: '1200',
      expires_at: '2099-01-02T03:04:05',
    })
    expect(location).toBe(`/keys/${id}?notice=saved`)
    expect(await showKey(id)).toMatchObject({
      name: 'after',
      scopes: ['jobs:read', 'deliveries'],
      callback_url: null,
      monthly_budget_usd: 5,
      requests_per_minute: 1200,
      expires_at: '2099-01-02T03:04:05.000Z',
    })
    expect((await admin.get(`/keys/${id}?notice=saved`)).html).toContain('Saved.')
  })

  it('shows faults at their fields, and changes nothing then', async () => {
    const key = await createApiKey('kept', { project: 'shop' })
    const before = await showKey(key.id)
    const fields = { name: '', scopes: ['admin'], monthly_budget_usd: '-1' }
    const refused = await admin.post(`/keys/${key.id}`, fields)
    expect(refused).toMatchObject({ status: 422 })
    expect(refused.html).toContain('id="name-fault"')
    expect(refused.html).toContain('id="monthly_budget_usd-fault"')
    const alone = await admin.post(`/keys/${key.id}`, { name: 'kept', scopes: ['admin'] })
    expect(alone.html).toContain('cannot have admin with a project')
    expect(await showKey(key.id)).toEqual(before)
  })

  it('asks before it revokes, and says what that stops', async () => {
    const { id, key } = await createApiKey('to be revoked')
    const asked = await admin.get(`/keys/${id}/revoke`)
    expect(asked.html).toContain('Revoke to be revoked?')
    expect(asked.html).toContain('Its jobs continue')
    expect((await api('/v1/jobs', { headers: bearerHeader({ key }) })).status).toBe(200)
    expect(await admin.post(`/keys/${id}/revoke`, {})).toMatchObject({ location: '/keys?notice=revoked' })
    expect((await api('/v1/jobs', { headers: bearerHeader({ key }) })).status).toBe(401)
  })
})

describe('a rotation', () => {
  it('shows the new secret once, and rotates once however often it is sent', async () => {
    const key = await createApiKey()
    const form = await rotationForm(admin, key.id)
    const rotated = await admin.post(`/keys/${key.id}/rotate`, form)
    expect(rotated).toMatchObject({ status: 200 })
    expect(secretIn(rotated.html)).not.toBe('')
    expect(secretIn(rotated.html)).not.toBe(key.callback_secret)
    const { secret_rotated_at } = await showKey(key.id)
    await world.advance(1_000)
    const again = await admin.post(`/keys/${key.id}/rotate`, form)
    expect(again).toMatchObject({ status: 409 })
    expect(secretIn(again.html)).toBe('')
    expect(await showKey(key.id)).toMatchObject({ secret_rotated_at })
    // On purpose, with a form that knows of the first.
    expect(
      secretIn((await admin.post(`/keys/${key.id}/rotate`, await rotationForm(admin, key.id))).html),
    ).not.toBe('')
  })

  it('too many is refused in words', async () => {
    const { id } = await createApiKey()
    for (let n = 0; n < 3; n++) {
      await world.advance(1)
      expect(await admin.post(`/keys/${id}/rotate`, await rotationForm(admin, id))).toMatchObject({
        status: 200,
      })
    }
    const refused = await admin.post(`/keys/${id}/rotate`, await rotationForm(admin, id))
    expect(refused).toMatchObject({ status: 429 })
    expect(refused.html).toContain('Rotate again tomorrow.')
  })
})

describe('a key without the scope admin', () => {
  it('sees itself', async () => {
    const access = { project: 'shop', scopes: ['jobs:read'], monthly_budget_usd: 2 }
    const { key, id } = await createApiKey('mine', access)
    await createApiKey('another of the same project', { project: 'shop' })
    const { html } = await (await visitorWith(key)).get('/keys')
    for (const text of ['My key', 'mine', id, 'shop', '$2.00 left until', '<code>jobs:read</code>'])
      expect(html).toContain(text)
    for (const text of ['>Keys<', 'another', 'Rotate', 'Disabled callbacks', '/keys/new'])
      expect(html).not.toContain(text)
  })

  it('rotates its own secret and enables its own callbacks with the scope deliveries', async () => {
    const { key, id } = await createApiKey('mine', { scopes: ['deliveries'] })
    const person = await visitorWith(key)
    expect((await person.get('/keys')).html).toContain(`href="/keys/${id}/rotate"`)
    const rotated = await person.post(`/keys/${id}/rotate`, await rotationForm(person, id))
    expect(secretIn(rotated.html)).not.toBe('')
    const again = await person.post(`/keys/${id}/rotate`, { rotated_at: '' })
    expect(again).toMatchObject({ status: 409 })
    expect(await person.post(`/keys/${id}/enable-callbacks`, {})).toMatchObject({
      location: '/keys?notice=enabled',
    })
  })

  it('neither sees nor changes another key', async () => {
    const other = await createApiKey('other')
    const before = await showKey(other.id)
    const person = await visitorWith((await createApiKey('mine')).key)
    for (const path of ['new', other.id, `${other.id}/rotate`, `${other.id}/revoke`])
      expect(await person.get(`/keys/${path}`), path).toMatchObject({ status: 403 })
    const fields = { name: 'taken', scopes: ['admin'], rotated_at: '' }
    const posts = ['', '/rotate', '/revoke', '/enable-callbacks'].map((end) => other.id + end)
    for (const path of ['new', ...posts])
      expect(await person.post(`/keys/${path}`, fields), path).toMatchObject({ status: 403 })
    expect(await showKey(other.id)).toEqual(before)
  })
})
