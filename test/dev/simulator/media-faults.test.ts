import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aRunwareTask, aSimulator } from './a-simulator.ts'
import { endedLinks, linksOf } from './ended-links.ts'

describe('a link, on request,', () => {
  it('hands out a link that is dead on arrival, and a good one when asked again', async () => {
    const stand = aSimulator()
    const task = aRunwareTask({ positivePrompt: 'boat sim(link=expired)' })
    await stand.runware(task)
    await stand.advance(11_000)
    const { videoURL } = z.object({ videoURL: z.string() }).parse(stand.heard[0]?.body)
    const [first = ''] = await linksOf(stand, task.taskUUID)
    const [second = ''] = await linksOf(stand, task.taskUUID)
    const statuses = await Promise.all(
      [videoURL, first, second].map(async (link) => (await stand.get(link)).status),
    )
    expect(statuses).toEqual([403, 403, 200])
  })

  it('says nothing of the length', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(body=chunked, megabytes=1)')
    const response = await stand.get(link)
    expect(response.headers.get('content-length')).toBeNull()
    expect((await response.arrayBuffer()).byteLength).toBe(1_000_000)
  })

  it('breaks off halfway', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(body=truncated)')
    const response = await stand.get(link)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000)
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  it('serves a page where a video should be', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(body=html)')
    const response = await stand.get(link)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
  })

  it('serves nothing at all', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(body=empty)')
    const response = await stand.get(link)
    expect(response.headers.get('content-type')).toBe('video/mp4')
    expect((await response.arrayBuffer()).byteLength).toBe(0)
  })

  it('never stops', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(body=endless)')
    const reader = (await stand.get(link)).body?.getReader()
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
  ])('serves a good video under a wrong label: %s', async (label, contentType) => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, `sim(label=${label})`)
    const response = await stand.get(link)
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
  ] as const)('serves a good video under a Content-Encoding: %s', async (encoding, name, compression) => {
    const stand = aSimulator()
    const [link = '', plainLink = ''] = [
      ...(await endedLinks(stand, `sim(encoding=${encoding})`)),
      ...(await endedLinks(stand)),
    ]
    const { headers, body } = await stand.get(link)
    expect(headers.get('content-encoding')).toBe(name)
    const plain = compression === null ? body : body?.pipeThrough(new DecompressionStream(compression))
    const { byteLength } = await (await stand.get(plainLink)).arrayBuffer()
    expect((await new Response(plain).arrayBuffer()).byteLength).toBe(byteLength)
  })

  it('refuses whoever does not say who asks', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(host=wants-agent)')
    const asked = [{}, { 'user-agent': '' }, { 'user-agent': 'a reader' }]
    const statuses = await Promise.all(
      asked.map(async (headers) => (await stand.get(link, { headers })).status),
    )
    expect(statuses).toEqual([403, 403, 200])
  })

  it.each([
    ['sound', /^....ftyp/s],
    ['image', /^.PNG/s],
  ])('serves something else that calls itself a video: %s', async (body, start) => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, `sim(body=${body})`)
    const response = await stand.get(link)
    expect(response.headers.get('content-type')).toBe('video/mp4')
    const text = new TextDecoder('latin1').decode(await response.arrayBuffer())
    expect(text).toMatch(start)
    expect(text).not.toMatch(/trak.{100,140}vide/s)
  })

  it('is behind a bad gateway for the first tries', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(body=bad-gateway*2)')
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await stand.get(link)).status)
    expect(statuses).toEqual([504, 504, 200])
  })
})
