/** These tests do not change the clock: careful receivers compare the timestamp of a delivery with the real time. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ask } from '../../support/api-call.ts'
import { callbackSecret as secret } from '../../support/caller.ts'
import {
  allPassed,
  anAddress,
  complainsOfRepeats,
  isOverwhelmed,
  messageOf,
  type Receiver,
  type Report,
  reportOn,
  resultsOf,
  verifies,
  verifiesWithoutClock,
} from '../../support/receivers.ts'
import { world } from '../../support/world.ts'

describe('the report names the fault of a receiver', () => {
  const nothingShown = { refuses_forged: 'unknown', refuses_stale: 'unknown', accepts_duplicate: 'unknown' }
  const acceptsAll = { refuses_forged: 'failed', refuses_stale: 'failed' }

  it.each<[string, Receiver, Record<string, string>, string, RegExp]>([
    [
      'it accepts everything',
      () => new Response('ok'),
      { ...allPassed, ...acceptsAll },
      'refuses_forged',
      /^It accepts a forged signature\. .*Verify webhook-signature/,
    ],
    [
      'it does not check the timestamp',
      verifiesWithoutClock,
      { ...allPassed, refuses_stale: 'failed' },
      'refuses_stale',
      /webhook-timestamp that is more than five minutes off/,
    ],
    [
      'it refuses a repeated delivery',
      complainsOfRepeats(),
      { ...allPassed, accepts_duplicate: 'failed' },
      'accepts_duplicate',
      /the caller answered 409.*respond 2xx to a webhook-id that you have processed/,
    ],
    [
      'it refuses everything',
      () => new Response('no', { status: 400 }),
      { ...allPassed, accepts_valid: 'failed', ...nothingShown },
      'accepts_valid',
      /the caller answered 400/,
    ],
    [
      'it accepts what it should refuse, and refuses what it should accept',
      (received) => new Response('', { status: verifies(received).status === 200 ? 500 : 200 }),
      { ...allPassed, accepts_valid: 'failed', ...acceptsAll, accepts_duplicate: 'unknown' },
      'refuses_forged',
      /^It accepts a forged signature/,
    ],
    [
      'it rate limits every delivery after the first',
      isOverwhelmed(),
      { ...allPassed, ...nothingShown },
      'refuses_forged',
      /the caller answered 429/,
    ],
  ])('%s', async (_, receiver, results, name, message) => {
    const report = await reportOn(receiver)
    expect(resultsOf(report)).toEqual(results)
    expect(messageOf(report, name)).toMatch(message)
    expect(report.ok).toBe(false)
  })

  it.each([
    ['https://user:hunter2@elsewhere.test:8443/secret/path?token=hunter2', 'elsewhere.test:8443'],
    ['/hook/?token=hunter2', undefined],
  ])(
    'it redirects to %s: the report has only the host, and the redirect is not followed',
    async (location, host) => {
      const address = anAddress()
      const redirects = () => new Response(null, { status: 308, headers: { location } })
      const report = await reportOn(redirects, address)
      const redirect_host = host ?? new URL(address.url).host
      expect(report.test_deliveries[0]).toMatchObject({ status: 308, redirect_host })
      expect(messageOf(report, 'accepts_valid')).toContain(`It redirects to ${redirect_host}`)
      expect(JSON.stringify(report)).not.toContain('hunter2')
      expect(address.received).toHaveLength(4)
    },
  )
})

describe('a receiver that cannot be reached', () => {
  const unreachable = {
    reachable: 'failed',
    speaks_tls: 'unknown',
    accepts_valid: 'unknown',
    refuses_forged: 'unknown',
    refuses_stale: 'unknown',
    accepts_duplicate: 'unknown',
  }
  const broken = () => {
    throw new TypeError('connection refused')
  }
  const answers = (status: number) => () => new Response('', { status })

  it.each<[string, Receiver, RegExp, string]>([
    ['because of the network', broken, /TypeError: connection refused/, 'unknown'],
    ['because of TLS (Cloudflare 525)', answers(525), /TLS handshake/, 'failed'],
    ['because of its certificate (Cloudflare 526)', answers(526), /certificate/, 'failed'],
    ['because of its DNS name (Cloudflare 530)', answers(530), /does not resolve/, 'unknown'],
  ])('%s gets one test delivery, and the report has the reason', async (_, receiver, why, speaks_tls) => {
    const address = anAddress()
    const report = await reportOn(receiver, address)
    expect(address.received).toHaveLength(1)
    expect(resultsOf(report)).toEqual({ ...unreachable, speaks_tls })
    expect(messageOf(report, 'reachable')).toMatch(why)
    const [valid, ...others] = report.test_deliveries
    expect(valid).toMatchObject({ status: null, error: expect.stringMatching(why) })
    expect(others).toEqual(
      ['forged', 'stale', 'duplicate'].map((name) => ({
        name,
        status: null,
        duration_ms: null,
        redirect_host: null,
        error: 'not sent, because the valid delivery got no response',
      })),
    )
  })

  it('over http, if that is allowed, has no TLS check', async () => {
    const url = anAddress().url.replace('https:', 'http:')
    world.serve(new URL(url).origin, async (request) =>
      verifies({ body: await request.text(), headers: Object.fromEntries(request.headers) }),
    )
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify({ url, secret }) }
    const report = await (
      await ask('/v1/callbacks/test', init, { ALLOW_PRIVATE_NETWORK: 'true' })
    ).json<Report>()
    const { speaks_tls: _, ...others } = allPassed
    expect(resultsOf(report)).toEqual(others)
    expect(report.ok).toBe(true)
  })

  it('because its name cannot be looked up gets no test delivery', async () => {
    const { url } = anAddress()
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify({ url, secret }) }
    // No server is at the address of this resolver.
    const settings = { DNS_CHECK_URL: 'https://resolver.test/dns-query' }
    const report = await (await ask('/v1/callbacks/test', init, settings)).json<Report>()
    expect(resultsOf(report)).toEqual(unreachable)
    expect(messageOf(report, 'reachable')).toMatch(/the URL names a host that could not be looked up/)
  })
})
