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

// Around each boundary: the container's header, a read, a part.
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

describe('a video is stored byte for byte', () => {
  it.each(sizes)('if its length is announced: %i bytes', async (bytes) => {
    const video = aVideo(bytes)
    await expectCopied(await copyFrom(() => anAnswer(video, { 'content-length': `${bytes}` })), video)
  })

  it.each(sizes)('if its length is not announced: %i bytes', async (bytes) => {
    const video = aVideo(bytes)
    await expectCopied(await copyFrom(() => anAnswer(video)), video)
  })

  it.each(['application/octet-stream', 'binary/octet-stream', 'video/quicktime', 'nonsense'])(
    'if it is labelled %s, because its first bytes decide the type',
    async (type) => {
      const video = aVideo(1_000)
      await expectCopied(await copyFrom(() => anAnswer(video, { 'content-type': type })), video)
    },
  )

  it('and is requested without an encoding', async () => {
    const video = aVideo(300_000)
    const copying = await copyFrom(() => anAnswer(video))
    await expectCopied(copying, video)
    expect(copying.requests[0]?.headers.get('accept-encoding')).toBe('identity')
  })

  it('if it has exactly the allowed size', async () => {
    const video = aVideo(1_000)
    await expectCopied(await copyFrom(() => anAnswer(video), { maxBytes: 1_000 }), video)
  })

  it('over the object of an earlier download', async () => {
    const video = aVideo(1_000)
    await copyFrom(() => anAnswer(aVideo(2_000)), {}, videoUrl, 'twice')
    await expectCopied(await copyFrom(() => anAnswer(video), {}, videoUrl, 'twice'), video)
  })

  it('and reports progress while it is stored', async () => {
    for (const headers of [{}, { 'content-length': '11000000' }]) {
      let reports = 0
      const onProgress = async () => {
        reports++
      }
      await copyFrom(() => anAnswer(aStream(aVideo(11_000_000)), headers), { onProgress })
      expect(reports).toBeGreaterThan(1)
    }
  })
})

describe('a video is stored with the type and extension of its content', () => {
  it.each([
    ['a QuickTime video', 'video/quicktime', 'mov'],
    ['a WebM', 'video/webm', 'webm'],
  ] as const)('%s', async (name, contentType, extension) => {
    const bytes = await aFilm({ format: formats[name](), seconds: 1 })
    const { result, key } = await copyFrom(() => anAnswer(bytes))
    expect(result).toMatchObject({ ok: true, value: { contentType, key: key.replace('mp4', extension) } })
  })
})
