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
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand)
    const response = await stand.get(link)
    expect(response.headers.get('content-type')).toBe('video/mp4')
    const bytes = await response.arrayBuffer()
    expect(response.headers.get('content-length')).toBe(String(bytes.byteLength))
    expect(new TextDecoder().decode(bytes.slice(4, 8))).toBe('ftyp')
  })

  it('makes no two outputs alike, and each the same every time', async () => {
    const stand = aSimulator()
    const links = await endedLinks(stand, '', { numberResults: 4 })
    const once = await Promise.all(
      links.map(async (link) => hash(await (await stand.get(link)).arrayBuffer())),
    )
    const twice = await Promise.all(
      links.map(async (link) => hash(await (await stand.get(link)).arrayBuffer())),
    )
    expect(new Set(once).size).toBe(4)
    expect(twice).toEqual(once)
  })

  it('is exactly as large as asked, in boxes a player can walk', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(megabytes=3)')
    const bytes = await (await stand.get(link)).arrayBuffer()
    expect(bytes.byteLength).toBe(3_000_000)
    expect(boxesOf(bytes)).toEqual(expect.arrayContaining(['ftyp', 'moov', 'mdat', 'free']))
  })

  it('tells beforehand what a link will serve', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(megabytes=1)')
    const [output] = stand.simulator.tasks()[0]?.outputs ?? []
    const media = stand.simulator.mediaOf(output?.outputId ?? '')
    expect(media?.sizeBytes).toBe(1_000_000)
    const foretold = await hash(await new Response(media?.stream() ?? null).arrayBuffer())
    expect(await hash(await (await stand.get(link)).arrayBuffer())).toBe(foretold)
  })

  it('answers a HEAD with the length and nothing else', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(body=bad-gateway*1)')
    const response = await stand.get(link, { method: 'HEAD' })
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
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(megabytes=1)')
    const whole = await (await stand.get(link)).arrayBuffer()
    const part = await stand.get(link, { headers: { range } })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/1000000`)
    expect(await hash(await part.arrayBuffer())).toBe(await hash(whole.slice(from, to)))
  })
})

describe('refused', () => {
  it('does not serve beyond the end', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(megabytes=1)')
    const response = await stand.get(link, { headers: { range: 'bytes=1000000-' } })
    expect(response.status).toBe(416)
    expect(response.headers.get('content-range')).toBe('bytes */1000000')
  })

  it.each([
    ['seven days where Runware was not told', {}, 7 * DAY_MS],
    ['the ttl where it was', { ttl: 3600 }, 3_600_000],
  ])('serves a link for %s', async (_, overrides, lifetimeMs) => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, '', overrides)
    await stand.advance(lifetimeMs - 1000)
    expect((await stand.get(link)).status).toBe(200)
    await stand.advance(1)
    expect((await stand.get(link)).status).toBe(403)
  })

  it('serves Crun’s link for a day', async () => {
    const stand = aSimulator()
    const { task_id } = (await stand.crun('job/CreateTask', aCrunTask())).body.data
    await stand.advance(11_000)
    const [link] = (await stand.crun(`job/TaskInfo?task_id=${task_id}`)).body.data.result.media_urls
    await stand.advance(DAY_MS)
    expect((await stand.get(link)).status).toBe(200)
    await stand.advance(1)
    expect((await stand.get(link)).status).toBe(403)
  })

  it('knows its own links: nothing without the query, nothing after changing it', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand)
    expect((await stand.get(link.replace(/\?.*/, ''))).status).toBe(403)
    expect((await stand.get(link.replace('expires=1', 'expires=2'))).status).toBe(403)
    expect((await stand.get('https://simulator.example.test/media/none.mp4')).status).toBe(404)
  })
})

describe('for people', () => {
  it('shows the bills and the log', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand)
    await stand.get(link)
    const bills = await (await stand.get('https://simulator.example.test/simulator/bills')).json()
    expect(bills).toMatchObject([
      { provider: 'runware', billedUsd: 0.18, outputs: [{ sizeBytes: expect.any(Number) }] },
    ])
    expect(stand.simulator.log().map(({ what }) => what)).toEqual([
      'submit.accepted',
      'webhook.sent',
      'status.asked',
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
