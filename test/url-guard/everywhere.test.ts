/** The guard where URLs are called and fetched, with a resolver set as in a deployment. */
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

/** The next attempt of a delivery, while the caller's name leads there. */
async function attempt({ id, job_id }: DeliveryView, zone: Zone) {
  await world.advance(10 * 60_000)
  const resolver = aResolver(zone)
  world.answerNext(resolverUrl, resolver.fetch)
  world.answerNext(resolverUrl, resolver.fetch)
  await wakeDelivery(id, 1, checked)
  return (await deliveriesOf(job_id))[0]
}

const outside: Zone = { 'caller.test': { A: ['93.184.216.34'], TTL: 0 } }

describe('a delivery', () => {
  let refused: DeliveryView
  beforeEach(async () => {
    await select('DELETE FROM hosts')
    refused = await notifyOnce(() => new Response('no', { status: 500 }))
  })

  it('goes to a name that leads outside', async () => {
    expect(await attempt(refused, outside)).toMatchObject({ status: 'delivered' })
    expect(world.caller.receivedFor(refused.job_id)).toHaveLength(2)
  })

  it.each<[string, Zone, string]>([
    [
      'leads inside',
      { 'caller.test': { A: ['10.0.0.1'], TTL: 0 } },
      'the URL names a host with a private or reserved address',
    ],
    ['is not there', {}, 'the URL names a host that does not resolve (NXDOMAIN, NXDOMAIN)'],
  ])('does not go to one that %s, and says so', async (_, zone, error) => {
    const delivery = await attempt(refused, zone)
    expect(delivery).toMatchObject({ status: 'pending', attempts: [{}, { status: null, error }] })
    expect(world.caller.receivedFor(refused.job_id)).toHaveLength(1)
  })

  it('counts against its host when the name does not resolve, not when the resolver fails', async () => {
    const failures = () => select('SELECT failures FROM hosts')
    await world.advance(10 * 60_000)
    await wakeDelivery(refused.id, 1, checked)
    expect((await deliveriesOf(refused.job_id))[0]?.attempt_count).toBe(2)
    expect(await failures()).toEqual([{ failures: 1 }])
    await attempt(refused, {})
    expect(await failures()).toEqual([{ failures: 2 }])
  })

  it('waits while the resolver fails, and goes when it answers again', async () => {
    await world.advance(10 * 60_000)
    // Nobody is at the resolver's address.
    await wakeDelivery(refused.id, 1, checked)
    const [waiting] = await deliveriesOf(refused.job_id)
    expect(waiting?.status).toBe('pending')
    expect(waiting?.attempts[1]?.error).toMatch(/could not be looked up/)
    expect(await attempt(refused, outside)).toMatchObject({ status: 'delivered' })
  })
})

describe('media', () => {
  const zone: Zone = {
    'media.test': { A: ['93.184.216.34'] },
    'inside.test': { A: ['192.168.0.1'] },
  }
  const guard = createGuard(
    { ...world.edges, fetch: aResolver(zone).fetch },
    { reach: 'public', dnsCheckUrl: resolverUrl },
  )
  const to = (location: string) => new Response('elsewhere', { status: 302, headers: { location } })

  it('are not fetched from a name that leads inside', async () => {
    const copying = await copyFrom(() => new Response('secrets'), { guard }, 'https://inside.test/boat.mp4')
    expect(copying.requests).toEqual([])
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('are not fetched where a redirect leads inside by its name', async () => {
    const copying = await copyFrom(() => to('https://inside.test/boat.mp4'), { guard })
    expect(copying.requests).toHaveLength(1)
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('are asked for again later from a name that does not resolve', async () => {
    const copying = await copyFrom(() => new Response('nothing'), { guard }, 'https://gone.test/boat.mp4')
    expect(copying.requests).toEqual([])
    await expectNothingLeft(copying, 'media_unavailable')
  })
})

describe('media handed to a provider', () => {
  it.each([
    ['https://169.254.169.254/part', 'media_forbidden'],
    ['http://storage.test/part', 'media_forbidden'],
    ['https://gone.test/part', 'unavailable'],
  ])('do not go where the provider names %s', async (url, code) => {
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

describe('the setting', () => {
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
  ])('of %j means %j', (DNS_CHECK_URL, url) => {
    const read = readConfig({ ...needed, DNS_CHECK_URL })
    expect(read.ok && read.config.dnsCheckUrl).toBe(url)
  })

  it('is refused when it is neither', () => {
    const read = readConfig({ ...needed, DNS_CHECK_URL: 'no' })
    expect(read).toEqual({ ok: false, faults: [expect.stringContaining('DNS_CHECK_URL')] })
  })
})
