/** GET /v1/alerts and POST /v1/alerts/test. */
import { env } from 'cloudflare:workers'
import { afterEach, expect, it } from 'vitest'
import { alertUrl, aReceiver, checkMinutes, emptyTables, insertJob } from '../../support/alerts.ts'
import { ask } from '../../support/api-call.ts'
import { isSignedWith } from '../../support/caller.ts'
import { world } from '../../support/world.ts'

afterEach(emptyTables)

const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }

async function show(settings: Partial<Env> = {}) {
  const response = await ask('/v1/alerts', { headers }, settings)
  expect(response.status).toBe(200)
  const text = await response.text()
  for (const secret of ['a-secret-path', 'a-secret-query']) expect(text).not.toContain(secret)
  return JSON.parse(text)
}

async function sendTest(settings: Partial<Env> = {}) {
  const response = await ask('/v1/alerts/test', { method: 'POST', headers }, settings)
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

it('the alerts show their state, the secret, and why the last message was not accepted', async () => {
  const receiver = aReceiver()
  receiver.respondNext(() => new Response('no', { status: 410 }))
  await insertJob({ dueAt: world.edges.now() + 36e5, deadlineAt: 1 })
  await checkMinutes(2)
  const failed = await show({ ALERT_URL: alertUrl })
  expect(failed).toMatchObject({
    receiver: 'webhook',
    secret: expect.stringMatching(/^whsec_/),
    last_sent_at: null,
    last_error: 'the receiver answered 410',
    last_summary_at: null,
    data: [{ name: 'jobs_past_deadline', state: 'raised', value: 1, raise_at: 1, sent_at: null }],
  })
  await checkMinutes(1)
  const sent = await show({ ALERT_URL: alertUrl })
  expect(sent).toMatchObject({ last_error: null, data: [{ sent_at: expect.any(String) }] })
  const [, message] = receiver.received
  expect(message !== undefined && isSignedWith(sent.secret, message)).toBe(true)
})

it('the alerts are empty without ALERT_URL, and have no secret for Slack', async () => {
  expect(await show()).toMatchObject({ receiver: null, secret: null, data: [] })
  const slack = { ALERT_URL: 'https://hooks.slack.com/services/T0/B0/a-secret-path' }
  expect(await show(slack)).toMatchObject({ receiver: 'slack', secret: null })
})

it('the test sends one message at once and shows the answer', async () => {
  const receiver = aReceiver()
  expect(await sendTest({ ALERT_URL: alertUrl })).toEqual({
    is_accepted: true,
    status: 204,
    error: null,
    response_body: '',
  })
  expect(receiver.bodies()).toMatchObject([{ type: 'alert.test' }])
})

it('the test shows a refusal, with the secret parts of the URL cut', async () => {
  aReceiver().respondNext(() => new Response(`invalid_token at ${alertUrl}`, { status: 403 }))
  expect(await sendTest({ ALERT_URL: alertUrl })).toEqual({
    is_accepted: false,
    status: 403,
    error: 'the receiver answered 403',
    response_body: 'invalid_token at …',
  })
})

it('the test says that ALERT_URL is not set, or that its URL may not be called', async () => {
  expect(await sendTest()).toMatchObject({ is_accepted: false, error: 'ALERT_URL is not set' })
  const local = await sendTest({ ALERT_URL: 'https://10.0.0.1/hook' })
  expect(local).toMatchObject({
    is_accepted: false,
    status: null,
    error: expect.stringContaining('the URL '),
  })
})
