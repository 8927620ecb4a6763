/** The pages about endpoints, and the receiver test. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../support/api-keys.ts'
import { callbackSecret } from '../support/caller.ts'
import { notifyOfFailure } from '../support/deliveries.ts'
import { makeEndpoint, showEndpoint } from '../support/endpoints.ts'
import { aHost, ok } from '../support/hosts.ts'
import { visitorWith } from '../support/pages.ts'
import { anAddress, type ReceivedDelivery, verifies } from '../support/receivers.ts'
import { select } from '../support/storage.ts'
import { world } from '../support/world.ts'

const hostile = '<img src=x onerror=alert(1)>'
const admin = () => visitorWith(env.ADMIN_API_KEY)

beforeEach(async () => {
  for (const table of ['deliveries', 'endpoints']) await select(`DELETE FROM ${table}`)
})

describe('a new endpoint', () => {
  it('shows its secret once, and no page that shows it is kept', async () => {
    const visitor = await admin()
    expect((await visitor.get('/endpoints')).html).toContain('No endpoints.')
    expect((await visitor.get('/endpoints/new')).html).toContain('Every requested output is stored.')
    const fields = {
      url: 'https://new.test/hook',
      event_types: 'job.failed',
      metadata: 'tenant=7\r\ncolor=red',
    }
    const { status, html, headers } = await visitor.post('/endpoints/new', fields)
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    const secret = /whsec_[\w+/=]+/.exec(html)?.[0] ?? ''
    expect(secret).toMatch(/^whsec_.{30,}/)
    const id = /\/endpoints\/(ep_\w+)/.exec(html)?.[1] ?? ''
    expect(await showEndpoint({ id })).toMatchObject({
      event_types: ['job.failed'],
      metadata: { tenant: '7', color: 'red' },
    })
    expect((await visitor.get(`/endpoints/${id}`)).html).not.toContain(secret)
  })

  it('that is refused keeps what was typed, each fault at its field, but not the secret', async () => {
    const fields = { url: 'http://plain', description: hostile, metadata: 'a=b', secret: 'whsec_short' }
    const { status, html } = await (await admin()).post('/endpoints/new', fields)
    expect(status).toBe(422)
    for (const name of ['url', 'event_types', 'secret']) expect(html, name).toContain(`id="${name}-fault"`)
    expect(html).toContain('value="http://plain"')
    expect(html).not.toContain('whsec_short')
    expect(html).not.toContain(hostile)
  })

  it('with a line that is no pair is refused at the filter', async () => {
    const { status, html } = await (await admin()).post('/endpoints/new', {
      url: 'https://new.test/hook',
      metadata: 'tenant',
    })
    expect(status).toBe(422)
    expect(html).toContain('has a line (1) without a name and &quot;=&quot;')
  })
})

describe('an endpoint', () => {
  it('shows its latest deliveries and how many it accepted', async () => {
    const host = aHost()
    host.answer(ok)
    const { id } = await makeEndpoint(host.url)
    const visitor = await admin()
    expect((await visitor.get(`/endpoints/${id}`)).html).toContain('Nothing was sent to it yet.')
    await notifyOfFailure({ callback_url: undefined, callback_secret: undefined })
    await select("UPDATE deliveries SET status = 'delivered', due_at = NULL")
    expect((await visitor.get(`/endpoints/${id}`)).html).toContain(
      'Of the last 1: 1 delivered, 0 pending, 0 failed.',
    )
  })

  it('keeps the query of its URL when a key that does not see it saves the form', async () => {
    const { id } = await makeEndpoint('https://token.test/hook?token=secret')
    const key = await createApiKey('deliveries only', { scopes: ['deliveries'] })
    const visitor = await visitorWith(key.key)
    const shown = await visitor.get(`/endpoints/${id}`)
    expect(shown.html).not.toContain('token=secret')
    const fields = { url: 'https://token.test/hook', event_types: 'job.failed', description: 'shop' }
    const { location } = await visitor.post(`/endpoints/${id}`, fields)
    expect(location).toBe(`/endpoints/${id}?notice=saved`)
    expect(await showEndpoint({ id })).toMatchObject({
      url: 'https://token.test/hook?token=secret',
      description: 'shop',
      event_types: ['job.failed'],
    })
  })

  it('shows its format, which the form changes, and a fault if its events do not fit', async () => {
    const { id } = await makeEndpoint('https://format.test/hook')
    const visitor = await admin()
    const fields = { url: 'https://format.test/hook', event_types: 'job.failed', format: 'openai' }
    expect((await visitor.post(`/endpoints/${id}`, fields)).location).toBe(`/endpoints/${id}?notice=saved`)
    expect(await showEndpoint({ id })).toMatchObject({ format: 'openai', event_types: ['job.failed'] })
    expect((await visitor.get(`/endpoints/${id}`)).html).toContain('<option value="openai" selected="">')
    expect((await visitor.get('/endpoints')).html).toContain('in the format openai')
    const refused = await visitor.post(`/endpoints/${id}`, { ...fields, event_types: 'job.erased' })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain('id="event_types-fault"')
  })

  it('that is refused shows each fault at its field', async () => {
    const { id } = await makeEndpoint('https://change.test/hook')
    const { status, html } = await (await admin()).post(`/endpoints/${id}`, { url: 'nowhere' })
    expect(status).toBe(422)
    for (const name of ['url', 'event_types']) expect(html, name).toContain(`id="${name}-fault"`)
    expect(html).toContain('value="nowhere"')
  })

  it('is disabled and enabled, and says by what it was disabled', async () => {
    const { id } = await makeEndpoint('https://switch.test/hook')
    const visitor = await admin()
    const off = await visitor.post(`/endpoints/${id}/disable`, {})
    expect((await visitor.get(off.location ?? '')).html).toContain('A user disabled it.')
    await select("UPDATE endpoints SET disabled_by = 'failure'")
    expect((await visitor.get('/endpoints')).html).toContain('It accepted no delivery for five days.')
    const on = await visitor.post(`/endpoints/${id}/enable`, {})
    expect((await visitor.get(on.location ?? '')).html).toContain('The endpoint is enabled.')
  })

  it('is deleted only after a question', async () => {
    const { id } = await makeEndpoint('https://gone.test/hook')
    const visitor = await admin()
    expect((await visitor.get(`/endpoints/${id}/delete`)).html).toContain('Delete this endpoint?')
    await showEndpoint({ id })
    const { location } = await visitor.post(`/endpoints/${id}/delete`, {})
    expect((await visitor.get(location ?? '')).html).toContain('The endpoint is deleted.')
    expect((await visitor.post(`/endpoints/${id}/delete`, {})).status).toBe(404)
  })

  it('gets a test event, and its answer is shown as text', async () => {
    const host = aHost()
    host.answer(() => new Response(hostile, { status: 500 }))
    const { id } = await makeEndpoint(host.url)
    const visitor = await admin()
    const { html } = await visitor.post(`/endpoints/${id}/test`, { event_type: 'job.succeeded' })
    expect(html).toContain('It refuses the event. A delivery would be tried again')
    expect(html).toContain('&lt;img src=x')
    expect(html).not.toContain(hostile)
    expect((await visitor.get(`/endpoints/${id}/test`)).location).toBe(`/endpoints/${id}`)
  })

  it('of another project does not exist', async () => {
    const { id } = await makeEndpoint('https://all.test/hook')
    const stranger = await visitorWith((await createApiKey('film', { project: 'film' })).key)
    expect((await stranger.get('/endpoints')).html).toContain('No endpoints.')
    for (const path of ['', '/delete'])
      expect((await stranger.get(`/endpoints/${id}${path}`)).status).toBe(404)
    for (const action of ['', '/enable', '/disable', '/test', '/delete'])
      expect((await stranger.post(`/endpoints/${id}${action}`, {})).status, action).toBe(404)
  })
})

describe('the receiver test', () => {
  const run = async (receiver: (received: ReceivedDelivery) => Response) => {
    const { url } = anAddress()
    for (const _ of [1, 2, 3, 4])
      world.respondNext(url, async (request) =>
        receiver({ body: await request.text(), headers: Object.fromEntries(request.headers) }),
      )
    const visitor = await visitorWith((await createApiKey('tester')).key)
    return visitor.post('/receiver-test', { url, secret: callbackSecret })
  }

  it('praises a receiver that verifies', async () => {
    const { html } = await run(verifies)
    expect(html).toContain('The receiver does everything right')
    expect(html.match(/class="status good">passed/g)).toHaveLength(6)
    expect(html).not.toContain(callbackSecret)
  })

  it('says what a careless receiver should do', async () => {
    const { html } = await run(() => new Response('ok'))
    expect(html).toContain('The receiver needs a correction')
    expect(html).toContain('Verify webhook-signature before you use the body.')
    expect(html).toContain('Refused, with any 4xx')
  })

  it('needs a secret with the admin key, and keeps the URL', async () => {
    const visitor = await admin()
    expect((await visitor.get('/receiver-test?url=https://a.test/')).html).toContain(
      'value="https://a.test/"',
    )
    const { status, html } = await visitor.post('/receiver-test', { url: 'https://a.test/' })
    expect(status).toBe(422)
    expect(html).toContain('id="secret-fault"')
    expect(html).toContain('value="https://a.test/"')
  })

  it('is refused to a key without the scope', async () => {
    const reader = await createApiKey('reader', { scopes: ['jobs:read'] })
    const visitor = await visitorWith(reader.key)
    expect((await visitor.post('/receiver-test', { url: 'https://a.test/' })).status).toBe(403)
    expect((await visitor.get('/endpoints')).status).toBe(403)
  })
})
