/** POST /v1/endpoints/:id/test, and the list of the event types. */

import { beforeEach, describe, expect, it } from 'vitest'
import { eventTypes } from '../../../src/core/event.ts'
import { ask } from '../../support/api-call.ts'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { isSignedWith } from '../../support/caller.ts'
import {
  changeEndpoint,
  deleteEndpoint,
  makeEndpoint,
  type NewEndpoint,
  showEndpoint,
} from '../../support/endpoints.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, post } from '../../support/reelhook.ts'
import { aResolver } from '../../support/resolver.ts'
import { countRows } from '../../support/storage.ts'
import { callerUrl, world } from '../../support/world.ts'

// Its job's id, which every example has.
const exampleJobId = 'job_01m7y129hgecwv3drza7xse4qt'

let endpoint: NewEndpoint
// A key of its own for each test, because a key has ten tests a minute.
let headers: Record<string, string>
beforeEach(async () => {
  headers = bearerHeader(await createApiKey())
  endpoint = await makeEndpoint(`${callerUrl}/hooks`, { event_types: ['job.failed', 'output.stored'] })
  return async () => {
    await deleteEndpoint(endpoint)
  }
})

const test = (body: unknown = {}) => post(`/v1/endpoints/${endpoint.id}/test`, body, headers)

async function resultOf(body?: unknown) {
  const response = await test(body)
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json<Record<string, unknown>>()
}

function lastReceived() {
  const received = world.caller.receivedFor(exampleJobId).at(-1)
  if (received === undefined) throw new Error('nothing was received')
  return received
}

describe('a test of an endpoint', () => {
  it('sends a signed example of its first event type, and shows the answer', async () => {
    world.caller.respondNext(
      () => new Response('noted', { status: 202, headers: { 'x-request-id': '42', 'set-cookie': 'a=b' } }),
    )
    const result = await resultOf()
    expect(result).toEqual({
      event_id: expect.stringMatching(/^evt_/),
      event_type: 'job.failed',
      url: endpoint.url,
      verdict: 'delivered',
      status: 202,
      duration_ms: expect.any(Number),
      error: null,
      response_headers: { 'content-type': 'text/plain;charset=UTF-8', 'x-request-id': '42' },
      response_body: 'noted',
    })
    const received = lastReceived()
    expect(received.url).toBe(endpoint.url)
    expect(received.headers['webhook-id']).toBe(result.event_id)
    expect(isSignedWith(endpoint.secret, received)).toBe(true)
    expect(JSON.parse(received.body)).toMatchObject({
      type: 'job.failed',
      test: true,
      data: { status: 'failed' },
    })
  })

  it.each([...eventTypes.filter((type) => type !== 'job.erased')])('can send %s', async (event_type) => {
    expect(await resultOf({ event_type })).toMatchObject({ event_type, verdict: 'delivered' })
    expect(JSON.parse(lastReceived().body)).toMatchObject({ type: event_type, test: true })
  })

  it.each([
    ['openai', 'video.failed', { object: 'event' }],
    ['openrouter', 'video.generation.failed', { data: { status: 'failed' } }],
  ])('is written in the format %s of the endpoint', async (format, type, body) => {
    await changeEndpoint(endpoint, { format, event_types: ['job.failed'] })
    expect(await resultOf()).toMatchObject({ event_type: 'job.failed', verdict: 'delivered' })
    const received = lastReceived()
    expect(JSON.parse(received.body)).toMatchObject({ type, test: true, ...body })
    expect(isSignedWith(endpoint.secret, received)).toBe(true)
    const key = format === 'openrouter' ? `${exampleJobId}-failed` : undefined
    expect(received.headers['x-openrouter-idempotency-key']).toBe(key)
    const { errors } = await expectProblem(await test({ event_type: 'output.late' }), 422, 'invalid_request')
    expect(errors).toMatchObject([{ path: 'event_type', message: expect.stringContaining(format) }])
  })

  it('needs no body', async () => {
    const response = await api(`/v1/endpoints/${endpoint.id}/test`, { method: 'POST', headers })
    expect(response.status).toBe(200)
  })

  it.each<[string, () => Response, Record<string, unknown>]>([
    [
      'refuses',
      () => new Response('no', { status: 500 }),
      { verdict: 'refused', status: 500, error: 'the caller answered 500' },
    ],
    ['is gone', () => new Response(null, { status: 410 }), { verdict: 'gone', status: 410 }],
    [
      'redirects',
      () => new Response(null, { status: 302, headers: { location: 'https://login.test/?next=/hooks' } }),
      {
        verdict: 'refused',
        error: 'the caller answered 302, and a redirect is not followed: it points at login.test/',
        response_headers: { location: 'https://login.test/' },
      },
    ],
    [
      'does not respond',
      () => {
        throw new TypeError('refused')
      },
      { verdict: 'no_response', status: null, error: 'TypeError: refused', response_headers: null },
    ],
  ])('shows that it %s', async (_, answer, expected) => {
    world.caller.respondNext(answer)
    expect(await resultOf()).toMatchObject(expected)
  })

  it('works for a disabled endpoint, is not stored, and does not count as a failure', async () => {
    const disabled = await makeEndpoint(`${callerUrl}/off`, { disabled: true })
    const before = await countRows('deliveries')
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    const response = await post(`/v1/endpoints/${disabled.id}/test`, {}, headers)
    expect(await response.json()).toMatchObject({ event_type: 'job.succeeded', verdict: 'refused' })
    expect(await countRows('deliveries')).toBe(before)
    expect(await countRows('hosts')).toBe(0)
    expect(await showEndpoint(disabled)).toMatchObject({ disabled: true, disabled_by: 'user' })
    await deleteEndpoint(disabled)
  })

  it('is not sent to a URL that the guard refuses', async () => {
    const before = world.calls.length
    const DNS_CHECK_URL = 'https://resolver.test/dns-query'
    const { fetch } = aResolver({ [new URL(callerUrl).host]: { A: ['10.0.0.1'] } })
    for (let lookups = 0; lookups < 2; lookups++) world.respondNext(DNS_CHECK_URL, fetch)
    const json = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers: { ...headers, ...json }, body: '{}' }
    const response = await ask(`/v1/endpoints/${endpoint.id}/test`, init, { DNS_CHECK_URL })
    expect(await response.json()).toMatchObject({
      verdict: 'not_sent',
      status: null,
      error: 'the URL names a host with a private or reserved address',
    })
    expect(world.calls.slice(before).filter(({ url }) => url.startsWith(callerUrl))).toEqual([])
  })

  it('is allowed ten times a minute, together with the tests of callback URLs', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 11; n++) statuses.push((await test()).status)
    expect(statuses).toEqual([...Array(10).fill(200), 429])
  })

  it('is refused for an endpoint that does not exist, and for an unknown event type', async () => {
    await expectProblem(await post('/v1/endpoints/ep_none/test', {}, headers), 404, 'not_found')
    await expectProblem(await test({ event_type: 'job.queued' }), 422, 'invalid_request')
  })
})

describe('the event types', () => {
  it('are listed with their meaning, an example, and whether they are sent by default', async () => {
    const response = await api('/v1/event-types')
    const { data } = await response.json<{
      data: { type: string; description: string; default: boolean; example: { type: string } }[]
    }>()
    expect(data.map(({ type }) => type)).toEqual([...eventTypes])
    expect(data.filter((one) => one.default).map(({ type }) => type)).toEqual([
      'job.succeeded',
      'job.failed',
      'job.canceled',
    ])
    for (const { type, description, example } of data) {
      expect(description).toMatch(/\.$/)
      expect(example).toMatchObject({ type, data: { id: exampleJobId } })
    }
  })

  it('are listed with the other formats that have them', async () => {
    const { data } = await (await api('/v1/event-types')).json<{
      data: { type: string; formats: { format: string; type: string; example: { type: string } }[] }[]
    }>()
    const formats = data.flatMap(({ type, formats }) =>
      formats.map((one) => [type, one.format, one.type, one.example.type]),
    )
    expect(formats).toEqual(
      [
        ['job.succeeded', 'video.completed', 'video.generation.completed'],
        ['job.failed', 'video.failed', 'video.generation.failed'],
        ['job.canceled', 'video.failed', 'video.generation.cancelled'],
      ].flatMap(([type, openai, openrouter]) => [
        [type, 'openai', openai, openai],
        [type, 'openrouter', openrouter, openrouter],
      ]),
    )
  })
})
