import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { bytesOf, sha256Of } from '../support/videos.ts'
import {
  anAnswer,
  aStream,
  aVideo,
  type Copying,
  copyFrom,
  expectClosed,
  partBytes,
  videoUrl,
} from './a-copy.ts'
import { aFilm, formats } from './a-film.ts'

async function expectCopied(copying: Copying, video: Uint8Array): Promise<void> {
  const { result, key, requests, uploads } = copying
  expect(result).toEqual({
    ok: true,
    value: { key, contentType: 'video/mp4', bytes: video.length, sha256: await sha256Of(video) },
  })
  const object = await env.BUCKET.get(key)
  expect(object?.httpMetadata?.contentType).toBe('video/mp4')
  expect(await sha256Of(await bytesOf(object?.body ?? null))).toBe(await sha256Of(video))
  for (const upload of uploads) await expectClosed(upload)
  expect(requests.at(-1)?.signal.aborted).toBe(true)
}

// Around every border: what tells a container, a read, a part.
const sizes = [
  48,
  49,
  1_000,
  262_143,
  262_144,
  262_145,
  partBytes - 1,
  partBytes,
  partBytes + 1,
  2 * partBytes,
  11_000_000,
]

describe('a video is copied byte by byte', () => {
  it.each(sizes)('when its length is announced: %i bytes', async (bytes) => {
    const video = aVideo(bytes)
    await expectCopied(await copyFrom(() => anAnswer(video, { 'content-length': `${bytes}` })), video)
  })

  it.each(sizes)('when its length is not announced: %i bytes', async (bytes) => {
    const video = aVideo(bytes)
    await expectCopied(await copyFrom(() => anAnswer(video)), video)
  })

  it.each(['application/octet-stream', 'binary/octet-stream', 'video/quicktime', 'nonsense'])(
    'when it is called %s: its bytes say what it is',
    async (type) => {
      const video = aVideo(1_000)
      await expectCopied(await copyFrom(() => anAnswer(video, { 'content-type': type })), video)
    },
  )

  it('as it is stored: no encoding is asked for', async () => {
    const video = aVideo(300_000)
    const copying = await copyFrom(() => anAnswer(video))
    await expectCopied(copying, video)
    expect(copying.requests[0]?.headers.get('accept-encoding')).toBe('identity')
  })

  it('when it has just as many bytes as are allowed', async () => {
    const video = aVideo(1_000)
    await expectCopied(await copyFrom(() => anAnswer(video), { maxBytes: 1_000 }), video)
  })

  it('over what a copy before it left', async () => {
    const video = aVideo(1_000)
    await copyFrom(() => anAnswer(aVideo(2_000)), {}, videoUrl, 'twice')
    await expectCopied(await copyFrom(() => anAnswer(video), {}, videoUrl, 'twice'), video)
  })

  it('and tells of its progress on the way', async () => {
    for (const headers of [{}, { 'content-length': '11000000' }]) {
      let told = 0
      const onProgress = async () => {
        told++
      }
      await copyFrom(() => anAnswer(aStream(aVideo(11_000_000)), headers), { onProgress })
      expect(told).toBeGreaterThan(1)
    }
  })
})

describe('a video is called by what it is', () => {
  it.each([
    ['a QuickTime film', 'video/quicktime', 'mov'],
    ['a WebM', 'video/webm', 'webm'],
  ] as const)('%s', async (name, contentType, extension) => {
    const bytes = await aFilm({ format: formats[name](), seconds: 1 })
    const { result, key } = await copyFrom(() => anAnswer(bytes))
    expect(result).toMatchObject({ ok: true, value: { contentType, key: key.replace('mp4', extension) } })
  })
})
