import { describe, expect, it } from 'vitest'
import { anAnswer, aVideo, copyFrom, expectNothingLeft, videoUrl } from './a-copy.ts'

/** A host that redirects `count` times before it serves the video. */
function hops(count: number, status = 302) {
  return ({ url }: Request) => {
    const hop = Number(new URL(url).searchParams.get('hop') ?? 0)
    return hop < count ? to(`/boat.mp4?hop=${hop + 1}`, status) : anAnswer(aVideo(1_000))
  }
}

function to(location: string, status = 302): Response {
  return new Response('elsewhere', { status, headers: { location } })
}

describe('a redirect is followed', () => {
  it.each([301, 302, 303, 307, 308])('with a %i', async (status) => {
    const { result, requests } = await copyFrom(hops(1, status))
    expect(result.ok).toBe(true)
    expect(requests.map(({ url }) => url)).toEqual([videoUrl, 'https://media.test/boat.mp4?hop=1'])
  })

  it('up to three times', async () => {
    const { result, requests } = await copyFrom(hops(3))
    expect(result.ok).toBe(true)
    expect(requests).toHaveLength(4)
  })

  it('to another public host', async () => {
    const { result } = await copyFrom(({ url }) =>
      url === videoUrl ? to('https://cdn.test/boat.mp4') : anAnswer(aVideo(1_000)),
    )
    expect(result.ok).toBe(true)
  })

  it('by Reelhook and never by the runtime, so that each hop passes the guard', async () => {
    const { requests } = await copyFrom(hops(2))
    expect(requests.map(({ redirect }) => redirect)).toEqual(['manual', 'manual', 'manual'])
  })
})

describe('a redirect is not followed', () => {
  it.each([4, 5])('more than three times: %i', async (times) => {
    const copying = await copyFrom(hops(times))
    expect(copying.requests).toHaveLength(4)
    await expectNothingLeft(copying, 'media_unavailable')
  })

  it('in a loop', async () => {
    const copying = await copyFrom(() => to(videoUrl))
    expect(copying.requests).toHaveLength(4)
    await expectNothingLeft(copying, 'media_unavailable')
  })

  it.each([
    'http://media.test/boat.mp4',
    'https://localhost/boat.mp4',
    'https://8.8.8.8/boat.mp4',
    'https://127.0.0.1/boat.mp4',
    'https://2130706433/boat.mp4',
    'https://169.254.169.254/latest/meta-data',
    'https://[::ffff:10.0.0.1]/boat.mp4',
    '//10.0.0.1/boat.mp4',
    'https://user:password@media.test/boat.mp4',
    'file:///etc/passwd',
    'data:video/mp4;base64,AAAA',
  ])('to %s', async (location) => {
    const copying = await copyFrom(() => to(location))
    expect(copying.requests).toHaveLength(1)
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('to a private host, even from another public host', async () => {
    const copying = await copyFrom(({ url }) =>
      to(url === videoUrl ? 'https://cdn.test/boat.mp4' : 'https://192.168.0.1/boat.mp4'),
    )
    expect(copying.requests).toHaveLength(2)
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('without a valid location', async () => {
    await expectNothingLeft(await copyFrom(() => new Response(null, { status: 302 })), 'media_unavailable')
    await expectNothingLeft(await copyFrom(() => to('https://')), 'media_unavailable')
  })
})

describe('a hostile URL', () => {
  it.each([
    'https://10.0.0.1/boat.mp4',
    'https://8.8.8.8/boat.mp4',
    'http://media.test/boat.mp4',
    'boat.mp4',
    '',
  ])('is refused without a request: %s', async (url) => {
    const copying = await copyFrom(() => anAnswer(aVideo(1_000)), {}, url)
    expect(copying.requests).toEqual([])
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('is not repeated in the fault, because its query gives access to the video', async () => {
    const { result } = await copyFrom(() => new Response('no', { status: 403 }))
    expect(JSON.stringify(result)).not.toContain('signature')
  })
})
