/** The delivery log for people: each state, what scopes and projects see, and hostile text. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey, postJobWith } from '../support/api-keys.ts'
import { deliveriesOf, insertDeliveries, notifyOnce, processDeliveries } from '../support/deliveries.ts'
import { makeEndpoint } from '../support/endpoints.ts'
import { aHost, openCircuit } from '../support/hosts.ts'
import { visitorWith } from '../support/pages.ts'
import { emulateDatabase } from '../support/platform/database.ts'
import { untilStatus } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'

const hostile = '<script>alert("x")</script>'
const admin = () => visitorWith(env.ADMIN_API_KEY)

beforeEach(async () => {
  for (const table of ['deliveries', 'hosts', 'endpoints', 'disabled_callbacks'])
    await select(`DELETE FROM ${table}`)
})

describe('the log', () => {
  it('without deliveries says what makes one', async () => {
    const { status, html } = await (await admin()).get('/deliveries')
    expect(status).toBe(200)
    expect(html).toContain('No deliveries yet.')
  })

  it('shows the receiver, the status with its reason, the last answer and the next attempt of each', async () => {
    const { id } = await notifyOnce(() => new Response('no', { status: 410 }))
    await notifyOnce(() => new Response('no', { status: 500 }))
    const { html } = await (await admin()).get('/deliveries')
    expect(html).toContain(`href="/deliveries/${id}"`)
    expect(html).toContain('It failed, because the receiver responded with 410.')
    expect(html).toContain('HTTP 500')
    expect(html).toMatch(/>in \d+(?:\.\d)? s<\/td>/)
  })

  it('keeps its filters, its period in UTC, and passes them on to the next page', async () => {
    const [id = ''] = await insertDeliveries(25, 'https://hooks.test/a')
    const [row] = await select<{ job_id: string }>('SELECT job_id FROM deliveries WHERE id = ?', id)
    const query = `?job_id=${row?.job_id}&status=pending&event_type=job.failed&since=2020-01-01T00%3A00`
    const { html } = await (await admin()).get(`/deliveries${query}`)
    expect(html).toContain('<option value="pending" selected="">')
    expect(html).toContain('value="2020-01-01T00:00"')
    const next = /href="(\/deliveries\?[^"]*cursor=[^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect(next).toContain('status=pending')
    const second = await (await admin()).get(next)
    expect(second.html.match(/href="\/deliveries\/dlv_/g)).toHaveLength(5)
    expect(second.html).toContain('>Newest</a>')
    expect(second.html).not.toContain('data-stream')
  })

  it('shows a fault at its filter, and an empty result in words', async () => {
    const visitor = await admin()
    const refused = await visitor.get('/deliveries?since=soon')
    expect(refused.status).toBe(422)
    expect(refused.html).toContain('id="since-fault"')
    expect((await visitor.get('/deliveries?status=delivered')).html).toContain('No delivery matches')
  })

  it('of a key without the scope is refused, and one of another project is empty', async () => {
    await notifyOnce(() => new Response('ok'))
    const reader = await createApiKey('reader', { scopes: ['jobs:read'] })
    const { status, html } = await (await visitorWith(reader.key)).get('/deliveries')
    expect(status).toBe(403)
    expect(html).toContain('does not have the scope deliveries')
    const stranger = await createApiKey('stranger', { project: 'film' })
    expect((await (await visitorWith(stranger.key)).get('/deliveries')).html).toContain('No deliveries yet.')
  })

  it('of a key without jobs:read leads to no job and opens no stream', async () => {
    await notifyOnce(() => new Response('ok'))
    const key = await createApiKey('deliveries only', { scopes: ['deliveries'] })
    const { html } = await (await visitorWith(key.key)).get('/deliveries')
    expect(html).toContain('Callback of its job')
    expect(html).not.toMatch(/href="\/jobs\/job_|data-stream/)
  })
})

describe('a delivery', () => {
  it('shows each attempt with its answer as text, however hostile', async () => {
    const long = `${hostile}${'long '.repeat(400)}`
    const { id } = await notifyOnce(
      () => new Response(long, { status: 500, headers: { server: hostile, 'content-type': 'text/html' } }),
    )
    const { status, html } = await (await admin()).get(`/deliveries/${id}`)
    expect(status).toBe(200)
    expect(html).not.toContain(hostile)
    expect(html).toContain('&lt;script&gt;')
    expect(html).toContain('id="attempt-1"')
    expect(html).toContain('The next attempt is made in')
    expect(html).toContain('&quot;type&quot;:&quot;job.failed&quot;')
  })

  it('is sent again', async () => {
    const { id } = await notifyOnce(() => new Response('no', { status: 410 }))
    const visitor = await admin()
    const { status, location } = await visitor.post(`/deliveries/${id}/redeliver`, {})
    expect([status, location]).toEqual([303, `/deliveries/${id}?notice=redelivered`])
    expect((await visitor.get(`/deliveries/${id}?notice=redelivered`)).html).toContain('It is sent now.')
  })

  it('that cannot be sent says why', async () => {
    const { id } = await notifyOnce(() => new Response('ok'))
    await select('UPDATE jobs SET pruned_at = 1')
    await select('UPDATE deliveries SET body = NULL')
    const visitor = await admin()
    const { status, html } = await visitor.post(`/deliveries/${id}/redeliver`, {})
    expect(status).toBe(409)
    expect(html).toContain('It was not sent')
    expect((await visitor.get(`/deliveries/${id}`)).html).toContain('Its body is not kept any more')
  })

  it('of a disabled receiver leads to where it is enabled, and one that does not exist is 404', async () => {
    const { id } = await notifyOnce(() => new Response('no', { status: 500 }))
    await select("UPDATE deliveries SET status = 'failed', reason = 'disabled', due_at = NULL")
    const visitor = await admin()
    expect((await visitor.get(`/deliveries/${id}`)).html).toContain('Enable the callbacks to its host')
    await select("UPDATE deliveries SET endpoint_id = 'ep_1'")
    expect((await visitor.get(`/deliveries/${id}`)).html).toContain('href="/endpoints/ep_1"')
    expect((await visitor.get('/deliveries/dlv_none')).status).toBe(404)
  })
})

describe('the failed deliveries of a period', () => {
  it('are sent again after a question with their number', async () => {
    const ids = await insertDeliveries(3, 'https://replay.test/a')
    await select("DELETE FROM deliveries WHERE host <> 'replay.test'")
    await select("UPDATE deliveries SET status = 'failed', reason = 'exhausted', due_at = NULL")
    const visitor = await admin()
    expect((await visitor.get('/deliveries/redeliver')).html).toContain('type="datetime-local"')
    const asked = await visitor.get('/deliveries/redeliver?since=2020-01-01T00%3A00')
    expect(asked.html).toContain('Send 3 failed deliveries again?')
    const sent = await visitor.post('/deliveries/redeliver', { since: '2020-01-01T00:00' })
    expect(sent.html).toContain('3 deliveries are sent again.')
    await processDeliveries(ids)
    expect((await visitor.get('/deliveries/redeliver?since=2020-01-01T00%3A00')).html).toContain('has failed')
  })

  it('are counted if a later part of them fails, and can be continued', async () => {
    await insertDeliveries(101, 'https://replay.test/a')
    await select("DELETE FROM deliveries WHERE host <> 'replay.test'")
    await select("UPDATE deliveries SET status = 'failed', reason = 'exhausted', due_at = NULL")
    const { binding, loseAnswers } = emulateDatabase(env.DB)
    let reads = 0
    loseAnswers((sql) => sql.some((one) => one.startsWith('select "id", "endpoint_id"')) && ++reads > 1)
    const visitor = await visitorWith(env.ADMIN_API_KEY, { DB: binding })
    const { status, html } = await visitor.post('/deliveries/redeliver', { since: '2020-01-01T00:00' })
    expect(status).toBe(503)
    expect(html).toContain('100 deliveries are sent again.')
    expect(html).toMatch(/name="cursor" value="[^"]+"/)
    const cursor = /name="cursor" value="([^"]+)"/.exec(html)?.[1] ?? ''
    const rest = await (await admin()).post('/deliveries/redeliver', { since: '2020-01-01T00:00', cursor })
    expect(rest.html).toContain('1 delivery is sent again.')
  })

  it('of a wrong period are refused at the field', async () => {
    const { status, html } = await (await admin()).post('/deliveries/redeliver', { since: 'soon' })
    expect(status).toBe(422)
    expect(html).toContain('id="since-fault"')
  })
})

describe('the hosts in trouble', () => {
  it('are named with what waits, what happens next, and what is disabled', async () => {
    const host = aHost()
    await openCircuit(host)
    await processDeliveries(await insertDeliveries(12, host.url))
    const { id } = await makeEndpoint('https://off.test/hook')
    await select("UPDATE endpoints SET disabled_at = 1, disabled_by = 'failure'")
    const { html } = await (await admin()).get('/deliveries')
    expect(html).toContain(`<strong>${host.name}</strong>`)
    expect(html).toContain('12 deliveries wait. It is tried with one delivery at a time, next in 1 min')
    expect(html).toContain(`href="/endpoints/${id}"`)
  })

  it('whose callbacks are disabled are enabled by their own key or the admin only', async () => {
    const own = await createApiKey('own')
    const other = await createApiKey('other')
    await select("INSERT INTO disabled_callbacks VALUES (?, 'old.test', 1, 2)", own.id)
    const button = 'Enable the callbacks of this key'
    expect((await (await visitorWith(other.key)).get('/deliveries/hosts')).html).not.toContain(button)
    const visitor = await visitorWith(own.key)
    expect((await visitor.get('/deliveries/hosts')).html).toContain(button)
    const { location } = await visitor.post('/deliveries/hosts/enable', { api_key_id: own.id })
    const { html } = await visitor.get(location ?? '')
    expect(html).toContain('The callbacks are enabled.')
    expect(html).toContain('Every receiver accepts its deliveries.')
    const refused = await (await visitorWith(other.key)).post('/deliveries/hosts/enable', {
      api_key_id: own.id,
    })
    expect(refused.status).toBe(403)
  })
})

it('a delivery of another project does not exist on any page', async () => {
  const [owner, stranger] = [
    await createApiKey('shop', { project: 'shop' }),
    await createApiKey('film', { project: 'film' }),
  ]
  const posted = await postJobWith(owner, { prompt: 'A paper boat sim(submit=402)' })
  const { id: jobId } = await posted.json<{ id: string }>()
  await untilStatus(jobId, 'failed')
  const [delivery] = await deliveriesOf(jobId)
  const visitor = await visitorWith(stranger.key)
  expect((await visitor.get(`/deliveries/${delivery?.id}`)).status).toBe(404)
  expect((await visitor.post(`/deliveries/${delivery?.id}/redeliver`, {})).status).toBe(404)
  expect((await (await visitorWith(owner.key)).get(`/deliveries/${delivery?.id}`)).status).toBe(200)
})
