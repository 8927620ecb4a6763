/** The parts of URLs that may carry a token: for the key that posted them, and for the scope admin. */
import { beforeAll, describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith } from '../support/api-keys.ts'
import { type DeliveryView, deliveriesOf, untilDelivery } from '../support/deliveries.ts'
import { aHost } from '../support/hosts.ts'
import { everyOperation } from '../support/projects.ts'
import { api, post, untilNotified, untilStatus } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'
import { finish } from '../support/videos.ts'
import { callerUrl, world } from '../support/world.ts'

const token = 'only-for-its-owner'
const callback = `${callerUrl}/hook?token=${token}`
const urls = {
  callback_url: callback,
  first_frame: `https://media.test/boat.png?signature=${token}`,
  metadata: { resume: `https://n8n:${token}@flows.test/resume?token=${token}#${token}`, order: '42' },
}
const idempotencyKey = `key-${token}`

let owner: NewApiKey
let other: NewApiKey
let job: string

beforeAll(async () => {
  owner = await createApiKey('the owner')
  other = await createApiKey('another key')
  const request = { ...urls, prompt: 'A paper boat sim(submit=402)' }
  const response = await postJobWith(owner, request, { 'idempotency-key': idempotencyKey })
  expect(response.status, await response.clone().text()).toBe(202)
  job = (await response.json<{ id: string }>()).id
  await untilStatus(job, 'failed')
  await untilNotified(job)
  // As a provider may report a file that it cannot open.
  const message = `No file at ${urls.first_frame}, it says.`
  await select("UPDATE jobs SET fault = json_set(fault, '$.message', ?) WHERE id = ?", message, job)
  const data = JSON.stringify({ fault: { message } })
  await select(
    "INSERT INTO events (job_id, id, type, data, created_at) VALUES (?, 'evt_1', 'task.failed', ?, 1)",
    job,
    data,
  )
})

async function makeVideoOf(key: NewApiKey): Promise<{ id: string }> {
  const response = await postJobWith(key, { ...urls, callback_events: ['output.stored'] })
  const { id } = await response.json<{ id: string }>()
  await finish(id)
  await untilStatus(id, 'succeeded')
  return { id }
}

async function textOf(path: string, key: NewApiKey): Promise<string> {
  return (await api(path, { headers: bearerHeader(key) })).text()
}

describe('a job', () => {
  it('is shown whole to the key that posted it, and to the scope admin', async () => {
    const admin = await createApiKey('an admin', { scopes: ['admin'] })
    for (const key of [owner, admin]) {
      const shown = JSON.parse(await textOf(`/v1/jobs/${job}`, key))
      expect(shown.request).toMatchObject(urls)
      expect(shown.metadata).toEqual(urls.metadata)
      expect(shown.fault.message).toContain(urls.first_frame)
      expect(await textOf(`/v1/jobs/${job}/events`, key)).toContain(urls.first_frame)
    }
  })

  it('is shown to any other key with hosts and paths only', async () => {
    const shown = JSON.parse(await textOf(`/v1/jobs/${job}`, other))
    expect(shown.request).toMatchObject({
      callback_url: `${callerUrl}/hook`,
      first_frame: 'https://media.test/boat.png',
    })
    expect(shown.metadata).toEqual({ resume: 'https://flows.test/resume', order: '42' })
    expect(shown.fault.message).toBe('No file at https://media.test/boat.png it says.')
    const timeline = await textOf(`/v1/jobs/${job}/events`, other)
    expect(timeline).toContain('No file at https://media.test/boat.png it says.')
  })

  it('that retries the job of another key does not show the URLs of that job', async () => {
    const init = { method: 'POST', headers: bearerHeader(other) }
    const response = await api(`/v1/jobs/${job}/retry`, init)
    const text = await response.text()
    expect([response.status, text.includes(token)]).toEqual([202, false])
    const { id } = JSON.parse(text)
    await untilStatus(id, 'failed')
    await untilNotified(id)
    const [delivery] = await deliveriesOf(id)
    for (const path of [`/v1/jobs/${id}`, `/v1/deliveries/${delivery?.id}`, `/v1/deliveries?job_id=${id}`])
      expect(await textOf(path, other), path).not.toContain(token)
  })
})

describe('a delivery', () => {
  it('shows its body as it was sent to the key that posted the job, and its URL without the token', async () => {
    const [received] = await untilNotified(job)
    const [delivery] = await deliveriesOf(job)
    expect(delivery?.url).toBe(callback)
    const shown: DeliveryView & { body: string } = JSON.parse(
      await textOf(`/v1/deliveries/${delivery?.id}`, owner),
    )
    expect([shown.body, shown.url]).toEqual([received?.body, `${callerUrl}/hook`])
  })

  it('shows the links to the videos of another key to a key that may read jobs, and to no other', async () => {
    const [reader, clerk] = [other, await createApiKey('a clerk', { scopes: ['deliveries'] })]
    const { id } = await makeVideoOf(owner)
    const { id: delivery } = await untilDelivery(id, ({ status }) => status === 'delivered')
    const [received] = await untilNotified(id)
    const bodyFor = async (key: NewApiKey) => {
      const { body } = JSON.parse(await textOf(`/v1/deliveries/${delivery}`, key))
      return JSON.parse(body).data
    }
    const { url } = JSON.parse(received?.body ?? '').data.outputs[0]
    const shown = await bodyFor(reader)
    expect([shown.outputs[0].url, shown.output.url, shown.metadata.resume]).toEqual([
      url,
      url,
      'https://flows.test/resume',
    ])
    const { pathname, search } = new URL(shown.output.url)
    expect((await api(`${pathname}${search}`, { headers: { authorization: '' } })).status).toBe(200)
    const { outputs, output } = await bodyFor(clerk)
    const plain = url.replace(/[?].*/, '')
    expect([outputs[0].url, output.url]).toEqual([plain, plain])
  })

  it('shows what its receiver answered without the tokens of URLs, but to the scope admin', async () => {
    const echo = `no hook at ${callback}`
    const headers = { 'x-at': callback }
    world.caller.respondNext(() => new Response(echo, { status: 500, headers }))
    const { id } = await (await postJobWith(owner, { ...urls, prompt: 'A boat sim(submit=402)' })).json<{
      id: string
    }>()
    const { id: delivery, attempts } = await untilDelivery(id, ({ attempts }) => attempts.length === 1)
    expect(attempts[0]).toMatchObject({ response_body: echo, response_headers: headers })
    for (const path of [`/v1/deliveries/${delivery}`, `/v1/deliveries?job_id=${id}`]) {
      const text = await textOf(path, other)
      expect(text).toContain(`no hook at ${callerUrl}/hook"`)
      expect(text).not.toContain(token)
    }
  })

  it('shows its body to any other key with hosts and paths only', async () => {
    const [delivery] = await deliveriesOf(job)
    const { body } = JSON.parse(await textOf(`/v1/deliveries/${delivery?.id}`, other))
    const { type, data } = JSON.parse(body)
    expect([type, data.id, data.request.callback_url]).toEqual(['job.failed', job, `${callerUrl}/hook`])
  })
})

describe('an endpoint', () => {
  it('that is tested shows its answer without the tokens of URLs, but to the scope admin', async () => {
    const host = aHost()
    const url = `${host.url}?token=${token}`
    host.answer(() => new Response(`no hook at ${url}`, { status: 404, headers: { 'x-at': url } }))
    const { id } = await (await post('/v1/endpoints', { url, disabled: true })).json<{ id: string }>()
    const answer = async (headers = {}) => (await post(`/v1/endpoints/${id}/test`, {}, headers)).text()
    expect(await answer()).toContain(`no hook at ${url}`)
    const shown = JSON.parse(await answer(bearerHeader(other)))
    expect(shown).toMatchObject({
      response_body: `no hook at ${host.url}`,
      response_headers: { 'x-at': host.url },
    })
    expect(JSON.stringify(shown)).not.toContain(token)
  })

  it('shows the query of its URL to the scope admin only', async () => {
    const url = `${callerUrl}/hook?token=${token}`
    const response = await post('/v1/endpoints', { url, disabled: true }, bearerHeader(owner))
    const { id } = await response.json<{ id: string }>()
    expect(JSON.parse(await textOf(`/v1/endpoints/${id}`, owner)).url).toBe(`${callerUrl}/hook`)
    expect((await (await api(`/v1/endpoints/${id}`)).json<{ url: string }>()).url).toBe(url)
  })
})

describe('no operation', () => {
  it('shows another key a token, an Idempotency-Key, or anything encrypted', async () => {
    const [delivery] = await deliveriesOf(job)
    const ids: Record<string, string | undefined> = { jobs: job, deliveries: delivery?.id }
    for (const { path, method } of await everyOperation()) {
      if (method !== 'GET' || path.includes('/api-keys')) continue
      const id = ids[path.split('/')[2] ?? ''] ?? '0'
      const text = await textOf(path.replace('{id}', id).replaceAll(/\{\w+\}/g, '0'), other)
      expect(text.includes(token), path).toBe(false)
      expect(/"v1\.[\w-]+\.[\w-]+"/.test(text), path).toBe(false)
    }
    for (const key of [owner, other]) expect(await textOf('/v1/jobs', key)).not.toContain(idempotencyKey)
  })
})
