import { describe, expect, it } from 'vitest'
import { aCrunTask, aSimulator } from './a-simulator.ts'
import { endedLinks } from './ended-links.ts'

const DAY_MS = 86_400_000

async function hash(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

describe('happy', () => {
  it('serves an MP4 with its length', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim)
    const response = await sim.get(link)
    expect(response.headers.get('content-type')).toBe('video/mp4')
    const bytes = await response.arrayBuffer()
    expect(response.headers.get('content-length')).toBe(String(bytes.byteLength))
    expect(new TextDecoder().decode(bytes.slice(4, 8))).toBe('ftyp')
  })

  it('serves different bytes for each output, and the same bytes each time', async () => {
    const sim = aSimulator()
    const links = await endedLinks(sim, '', { numberResults: 4 })
    const once = await Promise.all(links.map(async (link) => hash(await (await sim.get(link)).arrayBuffer())))
    const twice = await Promise.all(
      links.map(async (link) => hash(await (await sim.get(link)).arrayBuffer())),
    )
    expect(new Set(once).size).toBe(4)
    expect(twice).toEqual(once)
  })

  it('has exactly the requested size, in valid MP4 boxes', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(megabytes=3)')
    const bytes = await (await sim.get(link)).arrayBuffer()
    expect(bytes.byteLength).toBe(3_000_000)
    expect(boxesOf(bytes)).toEqual(expect.arrayContaining(['ftyp', 'moov', 'mdat', 'free']))
  })

  it('exposes the media that a link serves', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(megabytes=1)')
    const [output] = sim.simulator.tasks()[0]?.outputs ?? []
    const media = sim.simulator.mediaOf(output?.outputId ?? '')
    expect(media?.sizeBytes).toBe(1_000_000)
    const expected = await hash(await new Response(media?.stream() ?? null).arrayBuffer())
    expect(await hash(await (await sim.get(link)).arrayBuffer())).toBe(expected)
  })

  it('responds to HEAD with the length and no body', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(body=bad-gateway*1)')
    const response = await sim.get(link, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000)
    expect(await response.text()).toBe('')
  })

  it.each([
    ['bytes=0-99', 0, 100],
    ['bytes=999990-', 999_990, 1_000_000],
    ['bytes=-10', 999_990, 1_000_000],
    ['bytes=20000-200000', 20_000, 200_001],
    ['bytes=5-99999999', 5, 1_000_000],
  ])('serves the range %s', async (range, from, to) => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(megabytes=1)')
    const whole = await (await sim.get(link)).arrayBuffer()
    const part = await sim.get(link, { headers: { range } })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/1000000`)
    expect(await hash(await part.arrayBuffer())).toBe(await hash(whole.slice(from, to)))
  })
})

describe('refused', () => {
  it('refuses a range beyond the end', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(megabytes=1)')
    const response = await sim.get(link, { headers: { range: 'bytes=1000000-' } })
    expect(response.status).toBe(416)
    expect(response.headers.get('content-range')).toBe('bytes */1000000')
  })

  it.each([
    ['seven days without a ttl', {}, 7 * DAY_MS],
    ['the ttl if there is one', { ttl: 3600 }, 3_600_000],
  ])('serves a link for %s', async (_, overrides, lifetimeMs) => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, '', overrides)
    await sim.advance(lifetimeMs - 1000)
    expect((await sim.get(link)).status).toBe(200)
    await sim.advance(1)
    expect((await sim.get(link)).status).toBe(403)
  })

  it('serves a link of Crun for a day', async () => {
    const sim = aSimulator()
    const { task_id } = (await sim.crun('job/CreateTask', aCrunTask())).body.data
    await sim.advance(11_000)
    const [link] = (await sim.crun(`job/TaskInfo?task_id=${task_id}`)).body.data.result.media_urls
    await sim.advance(DAY_MS)
    expect((await sim.get(link)).status).toBe(200)
    await sim.advance(1)
    expect((await sim.get(link)).status).toBe(403)
  })

  it('refuses a link without its query, and a changed link', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim)
    expect((await sim.get(link.replace(/\?.*/, ''))).status).toBe(403)
    expect((await sim.get(link.replace('expires=1', 'expires=2'))).status).toBe(403)
    expect((await sim.get('https://simulator.example.test/media/none.mp4')).status).toBe(404)
  })
})

describe('inspection', () => {
  it('shows the bills and the log', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim)
    await sim.get(link)
    const bills = await (await sim.get('https://simulator.example.test/simulator/bills')).json()
    expect(bills).toMatchObject([
      { provider: 'runware', billedUsd: 0.18, outputs: [{ sizeBytes: expect.any(Number) }] },
    ])
    expect(sim.simulator.log().map(({ what }) => what)).toEqual([
      'submit.accepted',
      'webhook.sent',
      'status.polled',
      'media.served',
    ])
  })
})

function boxesOf(bytes: ArrayBuffer): string[] {
  const view = new DataView(bytes)
  const names: string[] = []
  for (let at = 0; at < bytes.byteLength; at += view.getUint32(at)) {
    names.push(new TextDecoder().decode(bytes.slice(at + 4, at + 8)))
  }
  return names
}
