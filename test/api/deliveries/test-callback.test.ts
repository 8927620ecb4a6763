/** These tests do not change the clock: careful receivers compare the timestamp of a delivery with the real time. */
import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { callbackSecret as secret } from '../../support/caller.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import {
  allPassed,
  anAddress,
  type Report,
  reportOn,
  resultsOf,
  verifies,
  verifiesAsOpenrouter,
} from '../../support/receivers.ts'
import { api, post } from '../../support/reelhook.ts'
import { isSignedBy, publishedKeys } from '../../support/second-opinions.ts'
import { countRows } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const path = '/v1/callbacks/test'

describe('a receiver that verifies', () => {
  it('passes every check', async () => {
    const report = await reportOn(verifies)
    expect(resultsOf(report)).toEqual(allPassed)
    expect(report.ok).toBe(true)
    expect(report.test_deliveries).toEqual(
      [
        { name: 'valid', status: 200, error: null },
        { name: 'forged', status: 401, error: 'the caller answered 401' },
        { name: 'stale', status: 401, error: 'the caller answered 401' },
        { name: 'duplicate', status: 200, error: null },
      ].map((sent) => ({ ...sent, duration_ms: expect.any(Number), redirect_host: null })),
    )
  })

  it('passes every check with the public key alone: a forged delivery has no valid v1a signature', async () => {
    const whpk = (await publishedKeys())[0]?.whpk ?? ''
    const report = await reportOn(async ({ body, headers }) => {
      const isFresh = Math.abs(Date.now() / 1_000 - Number(headers['webhook-timestamp'])) < 300
      return new Response(null, { status: isFresh && (await isSignedBy(whpk, body, headers)) ? 204 : 403 })
    })
    expect(resultsOf(report)).toEqual(allPassed)
  })

  it.each(['openai', 'openrouter'])('passes every check in the format %s', async (format) => {
    const address = anAddress()
    expect(resultsOf(await reportOn(verifies, address, { format }))).toEqual(allPassed)
    const bodies = address.received.map(({ body }) => JSON.parse(body))
    expect(bodies).toHaveLength(4)
    for (const body of bodies)
      expect(body).toMatchObject({ type: 'callback.test', created_at: expect.anything() })
    const ids = address.received.map(({ headers }) => headers['webhook-id'])
    if (format === 'openai') expect(bodies.map(({ id }) => id)).toEqual(ids)
    const keys = address.received.map(({ headers }) => headers['x-openrouter-idempotency-key'])
    expect(keys).toEqual(format === 'openrouter' ? ids : ids.map(() => undefined))
  })

  it("passes every check with OpenRouter's signature alone", async () => {
    const report = await reportOn(verifiesAsOpenrouter, anAddress(), { format: 'openrouter' })
    expect(resultsOf(report)).toEqual(allPassed)
  })

  it('receives four harmless deliveries, two of them the same', async () => {
    const address = anAddress()
    await reportOn(verifies, address)
    const { received } = address
    expect(received).toHaveLength(4)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      type: 'callback.test',
      timestamp: expect.stringMatching(/Z$/),
      data: { message: expect.stringMatching(/nothing needs to be done/) },
    })
    expect(received.every(({ headers }) => headers['content-type'] === 'application/json')).toBe(true)
    const ids = received.map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(3)
    expect(ids.filter((id) => id === ids[0])).toHaveLength(2)
  })

  it('gets signatures of the API key, and of its previous secret during the overlap', async () => {
    const apiKey = await createApiKey()
    const rotated = await api(`/v1/api-keys/${apiKey.id}/rotate-secret`, { method: 'POST' })
    const { callback_secret } = await rotated.json<{ callback_secret: string }>()
    for (const secret of [apiKey.callback_secret, callback_secret]) {
      const { url } = anAddress()
      world.respondNext(url, async (request) => {
        new Webhook(secret).verify(await request.text(), Object.fromEntries(request.headers))
        return new Response('ok')
      })
      const { test_deliveries } = await (await post(path, { url }, bearerHeader(apiKey))).json<Report>()
      expect(test_deliveries[0]).toMatchObject({ name: 'valid', status: 200 })
    }
  })
})

describe('a test of a callback URL', () => {
  it('stores nothing and does not show the body of the response', async () => {
    const count = () =>
      Promise.all(['jobs', 'deliveries', 'attempts', 'events'].map((table) => countRows(table)))
    const before = await count()
    const report = await reportOn(() => new Response('a private response', { status: 500 }))
    expect(await count()).toEqual(before)
    expect(JSON.stringify(report)).not.toContain('private')
  })

  it('is logged with the host only, without path and query', async () => {
    const address = anAddress()
    await reportOn(verifies, { ...address, url: `${address.url}?token=hunter2` })
    const { fields } = world.logs.findLast(({ event }) => event === 'callback.tested') ?? {}
    expect(fields).toEqual({
      api_key_id: expect.stringMatching(/^key_/),
      host: new URL(address.url).host,
      ok: true,
      status: 200,
    })
  })

  it('is limited to ten a minute for each API key', async () => {
    const { url } = anAddress()
    const test = (key: Awaited<ReturnType<typeof createApiKey>>) => post(path, { url }, bearerHeader(key))
    const minute = () => Math.floor(Date.now() / 60_000)
    let [accepted, startedIn] = [0, 0]
    // The platform counts by the minutes of a clock: a minute that ended in between says nothing.
    do {
      ;[accepted, startedIn] = [0, minute()]
      const [busy, other] = [await createApiKey('busy'), await createApiKey('other')]
      let response = await test(busy)
      for (; response.status === 200 && accepted < 30; response = await test(busy)) accepted += 1
      expect(response.headers.get('retry-after')).toBe('60')
      await expectProblem(response, 429, 'rate_limited')
      expect((await test(other)).status).toBe(200)
    } while (minute() !== startedIn)
    expect(accepted).toBe(10)
  })
})

describe('a test of a callback URL is refused', () => {
  it('for an API key whose secret cannot be decrypted, until it is rotated', async () => {
    const apiKey = await createApiKey()
    const encryptedElsewhere = 'v1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    await env.DB.prepare('UPDATE api_keys SET callback_secret = ? WHERE id = ?')
      .bind(encryptedElsewhere, apiKey.id)
      .run()
    const { url } = anAddress()
    const problem = await expectProblem(
      await post(path, { url }, bearerHeader(apiKey)),
      422,
      'invalid_request',
    )
    expect(problem.errors).toEqual([{ path: 'secret', message: expect.stringMatching(/SIGNING_SECRET/) }])
    await api(`/v1/api-keys/${apiKey.id}/rotate-secret`, { method: 'POST' })
    expect((await post(path, { url }, bearerHeader(apiKey))).status).toBe(200)
  })

  it('for the admin key without a secret, with all faults at once', async () => {
    const body = { url: 'https://169.254.169.254/latest' }
    expect(pathsOf(await expectProblem(await post(path, body), 422, 'invalid_request'))).toEqual([
      'secret',
      'url',
    ])
  })

  it.each([
    'http://receiver.test/hook',
    'https://localhost/hook',
    'https://10.0.0.1/hook',
    'https://8.8.8.8/hook',
    'https://[::ffff:127.0.0.1]/hook',
    'https://receiver.test:6379/',
    'https://user:password@receiver.test/hook',
  ])('for the URL %s', async (url) => {
    const problem = await expectProblem(await post(path, { url, secret }), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['url'])
  })

  it.each<[Record<string, unknown>, string[]]>([
    [{ url: undefined }, ['url']],
    [{ url: 'nonsense' }, ['url']],
    [{ url: 7 }, ['url']],
    [{ url: `https://x.test/${'y'.repeat(2_048)}` }, ['url']],
    [{ secret: 'whsec_' }, ['secret']],
    [{ secret: 'whsec_c2hvcnQ=' }, ['secret']],
    [{ secret: '' }, ['secret']],
    [{ url: '', secret: 'plain', events: [] }, ['events', 'secret', 'url']],
  ])('for the body %j', async (change, paths) => {
    const response = await post(path, { url: 'https://receiver.test/hook', secret, ...change })
    expect(pathsOf(await expectProblem(response, 422, 'invalid_request'))).toEqual(paths)
  })
})
