import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aRunwareTask, aSimulator } from './a-simulator.ts'
import { endedLinks, linksOf } from './ended-links.ts'

describe('a link, by directive,', () => {
  it('has expired in the first response and is valid in the next', async () => {
    const sim = aSimulator()
    const task = aRunwareTask({ positivePrompt: 'boat sim(link=expired)' })
    await sim.runware(task)
    await sim.advance(11_000)
    const { videoURL } = z.object({ videoURL: z.string() }).parse(sim.webhooks[0]?.body)
    const [first = ''] = await linksOf(sim, task.taskUUID)
    const [second = ''] = await linksOf(sim, task.taskUUID)
    const statuses = await Promise.all(
      [videoURL, first, second].map(async (link) => (await sim.get(link)).status),
    )
    expect(statuses).toEqual([403, 403, 200])
  })

  it('sends no length', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(body=chunked, megabytes=1)')
    const response = await sim.get(link)
    expect(response.headers.get('content-length')).toBeNull()
    expect((await response.arrayBuffer()).byteLength).toBe(1_000_000)
  })

  it('sends half of the body', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(body=truncated)')
    const response = await sim.get(link)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000)
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  it('serves HTML instead of a video', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(body=html)')
    const response = await sim.get(link)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
  })

  it('serves an empty body', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(body=empty)')
    const response = await sim.get(link)
    expect(response.headers.get('content-type')).toBe('video/mp4')
    expect((await response.arrayBuffer()).byteLength).toBe(0)
  })

  it('serves an endless body', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(body=endless)')
    const reader = (await sim.get(link)).body?.getReader()
    let bytes = 0
    while (bytes < 5_000_000) bytes += (await reader?.read())?.value?.length ?? Number.NaN
    await reader?.cancel()
    expect(bytes).toBeGreaterThanOrEqual(5_000_000)
  })

  it.each([
    ['text', 'text/plain'],
    ['html', 'text/html; charset=utf-8'],
    ['json', 'application/json'],
    ['octets', 'application/octet-stream'],
    ['binary', 'binary/octet-stream'],
    ['image', 'image/png'],
    ['none', null],
  ])('serves a valid video with the wrong Content-Type: %s', async (label, contentType) => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, `sim(label=${label})`)
    const response = await sim.get(link)
    expect(response.headers.get('content-type')).toBe(contentType)
    expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')))
  })

  it.each([
    ['gzip-label', 'gzip', null],
    ['br-label', 'br', null],
    ['aws-chunked', 'aws-chunked', null],
    ['gzip', 'gzip', 'gzip'],
    ['aws-chunked-gzip', 'aws-chunked,gzip', 'gzip'],
    ['deflate', 'deflate', 'deflate'],
  ] as const)('serves a valid video with a Content-Encoding: %s', async (encoding, name, compression) => {
    const sim = aSimulator()
    const [link = '', plainLink = ''] = [
      ...(await endedLinks(sim, `sim(encoding=${encoding})`)),
      ...(await endedLinks(sim)),
    ]
    const { headers, body } = await sim.get(link)
    expect(headers.get('content-encoding')).toBe(name)
    const plain = compression === null ? body : body?.pipeThrough(new DecompressionStream(compression))
    const { byteLength } = await (await sim.get(plainLink)).arrayBuffer()
    expect((await new Response(plain).arrayBuffer()).byteLength).toBe(byteLength)
  })

  it('refuses a request without a User-Agent', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(host=wants-agent)')
    const headersOf = [{}, { 'user-agent': '' }, { 'user-agent': 'a reader' }]
    const statuses = await Promise.all(
      headersOf.map(async (headers) => (await sim.get(link, { headers })).status),
    )
    expect(statuses).toEqual([403, 403, 200])
  })

  it.each([
    ['sound', /^....ftyp/s],
    ['image', /^.PNG/s],
  ])('serves other media with a video Content-Type: %s', async (body, start) => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, `sim(body=${body})`)
    const response = await sim.get(link)
    expect(response.headers.get('content-type')).toBe('video/mp4')
    const text = new TextDecoder('latin1').decode(await response.arrayBuffer())
    expect(text).toMatch(start)
    expect(text).not.toMatch(/trak.{100,140}vide/s)
  })

  it('responds with 504 for the given number of requests', async () => {
    const sim = aSimulator()
    const [link = ''] = await endedLinks(sim, 'sim(body=bad-gateway*2)')
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await sim.get(link)).status)
    expect(statuses).toEqual([504, 504, 200])
  })
})
