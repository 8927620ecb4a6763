/** Nothing here turns the clock: careful receivers compare a delivery's timestamp with the machine's own. */
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
  verdictsOf,
  verifies,
  verifiesWithoutClock,
} from '../../support/receivers.ts'
import { world } from '../../support/world.ts'

describe('a fault of the receiver is named', () => {
  const nothingIsKnown = { refuses_forged: 'unknown', refuses_stale: 'unknown', accepts_duplicate: 'unknown' }
  const believesAll = { refuses_forged: 'failed', refuses_stale: 'failed' }

  it.each<[string, Receiver, Record<string, string>, string, RegExp]>([
    [
      'it believes everything',
      () => new Response('ok'),
      { ...allPassed, ...believesAll },
      'refuses_forged',
      /^It accepts a forged signature\. .*Verify webhook-signature/,
    ],
    [
      'it does not look at the clock',
      verifiesWithoutClock,
      { ...allPassed, refuses_stale: 'failed' },
      'refuses_stale',
      /webhook-timestamp that is more than five minutes off/,
    ],
    [
      'it complains of what it knows already',
      complainsOfRepeats(),
      { ...allPassed, accepts_duplicate: 'failed' },
      'accepts_duplicate',
      /the caller answered 409.*respond 2xx to a webhook-id that you have processed/,
    ],
    [
      'it refuses everything',
      () => new Response('no', { status: 400 }),
      { ...allPassed, accepts_valid: 'failed', ...nothingIsKnown },
      'accepts_valid',
      /the caller answered 400/,
    ],
    [
      'it believes what it should refuse, and the other way round',
      (received) => new Response('', { status: verifies(received).status === 200 ? 500 : 200 }),
      { ...allPassed, accepts_valid: 'failed', ...believesAll, accepts_duplicate: 'unknown' },
      'refuses_forged',
      /^It accepts a forged signature/,
    ],
    [
      'it puts off what comes after the first',
      isOverwhelmed(),
      { ...allPassed, ...nothingIsKnown },
      'refuses_forged',
      /the caller answered 429/,
    ],
  ])('%s', async (_, receiver, verdicts, name, message) => {
    const report = await reportOn(receiver)
    expect(verdictsOf(report)).toEqual(verdicts)
    expect(messageOf(report, name)).toMatch(message)
    expect(report.ok).toBe(false)
  })

  it.each([
    ['https://user:hunter2@elsewhere.test:8443/secret/path?token=hunter2', 'elsewhere.test:8443'],
    ['/hook/?token=hunter2', undefined],
  ])('it redirects to %s: the host alone is told, and nothing follows', async (location, host) => {
    const address = anAddress()
    const redirects = () => new Response(null, { status: 308, headers: { location } })
    const report = await reportOn(redirects, address)
    const redirect_host = host ?? new URL(address.url).host
    expect(report.probes[0]).toMatchObject({ status: 308, redirect_host })
    expect(messageOf(report, 'accepts_valid')).toContain(`It redirects to ${redirect_host}`)
    expect(JSON.stringify(report)).not.toContain('hunter2')
    expect(address.received).toHaveLength(4)
  })
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
    ['by the network', broken, /TypeError: connection refused/, 'unknown'],
    ['by TLS, as Cloudflare tells it', answers(525), /TLS handshake/, 'failed'],
    ['by its certificate, as Cloudflare tells it', answers(526), /certificate/, 'failed'],
    ['by its name, as Cloudflare tells it', answers(530), /does not resolve/, 'unknown'],
  ])('%s is asked once, and why is told', async (_, receiver, why, speaks_tls) => {
    const address = anAddress()
    const report = await reportOn(receiver, address)
    expect(address.received).toHaveLength(1)
    expect(verdictsOf(report)).toEqual({ ...unreachable, speaks_tls })
    expect(messageOf(report, 'reachable')).toMatch(why)
    const [valid, ...others] = report.probes
    expect(valid).toMatchObject({ status: null, error: expect.stringMatching(why) })
    expect(others).toEqual(
      ['forged', 'stale', 'duplicate'].map((name) => ({
        ...{ name, status: null, duration_ms: null, redirect_host: null },
        error: 'not sent, because the valid delivery got no response',
      })),
    )
  })

  it('but over http, where that is allowed, is told nothing of TLS', async () => {
    const url = anAddress().url.replace('https:', 'http:')
    world.settle(new URL(url).origin, async (request) =>
      verifies({ body: await request.text(), headers: Object.fromEntries(request.headers) }),
    )
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify({ url, secret }) }
    const report = await (
      await ask('/v1/callbacks/test', init, { ALLOW_PRIVATE_NETWORK: 'true' })
    ).json<Report>()
    const { speaks_tls: _, ...others } = allPassed
    expect(verdictsOf(report)).toEqual(others)
    expect(report.ok).toBe(true)
  })

  it('because nobody can tell where its name leads is not asked at all', async () => {
    const { url } = anAddress()
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify({ url, secret }) }
    // Nobody is at the resolver's address.
    const settings = { DNS_CHECK_URL: 'https://resolver.test/dns-query' }
    const report = await (await ask('/v1/callbacks/test', init, settings)).json<Report>()
    expect(verdictsOf(report)).toEqual(unreachable)
    expect(messageOf(report, 'reachable')).toMatch(/the URL names a host that could not be looked up/)
  })
})
