/** The URL guard at every place that calls a URL from outside, with a resolver as in a deployment. */
import { beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { sendMedia } from '../../src/providers/scenario/upload.ts'
import { createGuard } from '../../src/url-guard/guard.ts'
import { copyFrom, expectNothingLeft } from '../media/a-copy.ts'
import { type DeliveryView, deliveriesOf, notifyOnce, wakeDelivery } from '../support/deliveries.ts'
import { aResolver, resolverUrl, type Zone } from '../support/resolver.ts'
import { select } from '../support/storage.ts'
import { world } from '../support/world.ts'

const checked = { DNS_CHECK_URL: resolverUrl }

/** Makes the next attempt of a delivery while the caller's host name resolves as in `zone`. */
async function attempt({ id, job_id }: DeliveryView, zone: Zone) {
  await world.advance(10 * 60_000)
  const resolver = aResolver(zone)
  world.respondNext(resolverUrl, resolver.fetch)
  world.respondNext(resolverUrl, resolver.fetch)
  await wakeDelivery(id, 1, checked)
  return (await deliveriesOf(job_id))[0]
}

const publicZone: Zone = { 'caller.test': { A: ['93.184.216.34'], TTL: 0 } }

describe('a delivery', () => {
  let delivery: DeliveryView
  beforeEach(async () => {
    await select('DELETE FROM hosts')
    delivery = await notifyOnce(() => new Response('no', { status: 500 }))
  })

  it('is sent to a host name with a public address', async () => {
    expect(await attempt(delivery, publicZone)).toMatchObject({ status: 'delivered' })
    expect(world.caller.receivedFor(delivery.job_id)).toHaveLength(2)
  })

  it.each<[string, Zone, string]>([
    [
      'has a private address',
      { 'caller.test': { A: ['10.0.0.1'], TTL: 0 } },
      'the URL names a host with a private or reserved address',
    ],
    ['does not exist', {}, 'the URL names a host that does not resolve (NXDOMAIN, NXDOMAIN)'],
  ])('is not sent to a host name that %s, and reports the reason', async (_, zone, error) => {
    expect(await attempt(delivery, zone)).toMatchObject({
      status: 'pending',
      attempts: [{}, { status: null, error }],
    })
    expect(world.caller.receivedFor(delivery.job_id)).toHaveLength(1)
  })

  it('counts as a failure of its host if the name does not resolve, but not if the resolver fails', async () => {
    const failures = () => select('SELECT failures FROM hosts')
    await world.advance(10 * 60_000)
    await wakeDelivery(delivery.id, 1, checked)
    expect((await deliveriesOf(delivery.job_id))[0]?.attempt_count).toBe(2)
    expect(await failures()).toEqual([{ failures: 1 }])
    await attempt(delivery, {})
    expect(await failures()).toEqual([{ failures: 2 }])
  })

  it('waits while the resolver fails and is sent once it responds again', async () => {
    await world.advance(10 * 60_000)
    // Nothing listens at the resolver's address.
    await wakeDelivery(delivery.id, 1, checked)
    const [waiting] = await deliveriesOf(delivery.job_id)
    expect(waiting?.status).toBe('pending')
    expect(waiting?.attempts[1]?.error).toMatch(/could not be looked up/)
    expect(await attempt(delivery, publicZone)).toMatchObject({ status: 'delivered' })
  })
})

describe('media to download', () => {
  const zone: Zone = {
    'media.test': { A: ['93.184.216.34'] },
    'private.test': { A: ['192.168.0.1'] },
  }
  const guard = createGuard(
    { ...world.edges, fetch: aResolver(zone).fetch },
    { reach: 'public', dnsCheckUrl: resolverUrl },
  )
  const redirectTo = (location: string) => new Response('elsewhere', { status: 302, headers: { location } })

  it('are not requested from a host name with a private address', async () => {
    const copying = await copyFrom(() => new Response('secrets'), { guard }, 'https://private.test/boat.mp4')
    expect(copying.requests).toEqual([])
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('are not requested after a redirect to a host name with a private address', async () => {
    const copying = await copyFrom(() => redirectTo('https://private.test/boat.mp4'), { guard })
    expect(copying.requests).toHaveLength(1)
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('may be requested again later if the host name does not resolve', async () => {
    const copying = await copyFrom(() => new Response('nothing'), { guard }, 'https://gone.test/boat.mp4')
    expect(copying.requests).toEqual([])
    await expectNothingLeft(copying, 'media_unavailable')
  })
})

describe('media to upload to a provider', () => {
  it.each([
    ['https://169.254.169.254/part', 'media_forbidden'],
    ['https://8.8.8.8/part', 'media_forbidden'],
    ['http://storage.test/part', 'media_forbidden'],
    ['https://gone.test/part', 'unavailable'],
  ])('are not sent if the provider names %s', async (url, code) => {
    const sent: Request[] = []
    const guard = createGuard(
      { ...world.edges, fetch: aResolver({}).fetch },
      { reach: 'public', dnsCheckUrl: resolverUrl },
    )
    const announced = { upload: { id: 'up_1', status: 'pending', parts: [{ url }] } }
    const result = await sendMedia(
      {
        guard,
        now: () => 0,
        call: async () => ({ ok: true, value: { status: 200, headers: new Headers(), body: announced } }),
        fetch: async (request) => {
          sent.push(request)
          return new Response()
        },
      },
      {
        kind: 'image',
        contentType: 'image/png',
        fileName: 'boat.png',
        bytes: 1,
        body: new Blob(['x']).stream(),
      },
    )
    expect(result).toMatchObject({ ok: false, fault: { code } })
    expect(sent).toEqual([])
  })
})

describe('DNS_CHECK_URL', () => {
  const needed = {
    PUBLIC_BASE_URL: 'https://reelhook.example.com',
    SIGNING_SECRET: 'a signing secret of thirty-two characters',
    ADMIN_API_KEY: 'the-admin-key-of-the-tests',
  }
  it.each([
    [undefined, 'https://cloudflare-dns.com/dns-query'],
    ['', 'https://cloudflare-dns.com/dns-query'],
    ['off', null],
    ['https://dns.google/resolve', 'https://dns.google/resolve'],
  ])('set to %j means %j', (DNS_CHECK_URL, url) => {
    const result = readConfig({ ...needed, DNS_CHECK_URL })
    expect(result.ok && result.config.dnsCheckUrl).toBe(url)
  })

  it('is refused if it is neither a URL nor off', () => {
    const result = readConfig({ ...needed, DNS_CHECK_URL: 'no' })
    expect(result).toEqual({ ok: false, faults: [expect.stringContaining('DNS_CHECK_URL')] })
  })
})
