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

  it('is behind a bad gateway for the first tries', async () => {
    const stand = aSimulator()
    const [link = ''] = await endedLinks(stand, 'sim(body=bad-gateway*2)')
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await stand.get(link)).status)
    expect(statuses).toEqual([504, 504, 200])
  })
})
