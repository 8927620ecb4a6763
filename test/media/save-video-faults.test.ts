import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { neverSent, perhapsSent } from '../support/platform/unreachable.ts'
import { objectKeys } from '../support/storage.ts'
import {
  anAnswer,
  aStream,
  aVideo,
  copyFrom,
  expectClosed,
  expectNothingLeft,
  partBytes,
  watched,
  withMethods,
} from './a-copy.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const length = (count: number) => ({ 'content-length': String(count) })

describe('a download stores nothing if the video', () => {
  it.each([
    ['is empty', () => anAnswer(new Uint8Array()), 'media_truncated'],
    ['is empty, with a Content-Length of 0', () => anAnswer(new Uint8Array(), length(0)), 'media_truncated'],
    ['has no body', () => anAnswer(null), 'media_truncated'],
    ['breaks off at once', () => anAnswer(aStream(new Uint8Array(), 'broken')), 'media_truncated'],
    [
      'breaks off within the first part',
      () => anAnswer(aStream(aVideo(300_000), 'broken')),
      'media_truncated',
    ],
    [
      'breaks off after the first part',
      () => anAnswer(aStream(aVideo(partBytes + 300_000), 'broken')),
      'media_truncated',
    ],
    [
      'breaks off before its announced length',
      () => anAnswer(aStream(aVideo(300_000), 'broken'), length(600_000)),
      'media_truncated',
    ],
    ['ends before its announced length', () => anAnswer(aVideo(300_000), length(600_000)), 'media_truncated'],
    ['ends one byte early', () => anAnswer(aVideo(599_999), length(600_000)), 'media_truncated'],
    [
      'is longer than its announced length',
      () => anAnswer(aVideo(600_000), length(300_000)),
      'media_truncated',
    ],
    [
      'is one byte longer than announced',
      () => anAnswer(aVideo(600_001), length(600_000)),
      'media_truncated',
    ],
    [
      'is an HTML page',
      () => anAnswer(bytes('<!doctype html>'), { 'content-type': 'text/html' }),
      'media_wrong_type',
    ],
    [
      'is an error in JSON',
      () => anAnswer(bytes('{"error":"gone"}'), { 'content-type': 'application/json; charset=utf-8' }),
      'media_wrong_type',
    ],
    ['is an HTML page labelled as a video', () => anAnswer(bytes('<!doctype html><h1>')), 'media_wrong_type'],
    ['is an image labelled as a video', () => anAnswer(bytes('\x89PNG\r\n\x1a\n0000')), 'media_wrong_type'],
    [
      'is a ZIP archive labelled and named as a video',
      () => anAnswer(bytes('PK\x03\x04\x14\0\0\0\x08\0boat.mp4'), { 'content-type': 'video/mp4' }),
      'media_wrong_type',
    ],
    ['is an image in an MP4 container', () => anAnswer(bytes('\0\0\0\u001cftypavif')), 'media_wrong_type'],
    ['is audio in an MP4 container', () => anAnswer(bytes('\0\0\0 ftypM4A ')), 'media_wrong_type'],
    ['is a playlist', () => anAnswer(bytes('#EXTM3U\n#EXT-X-VERSION:3')), 'media_wrong_type'],
    ['is too short to be a video', () => anAnswer(bytes('\0\0\0')), 'media_wrong_type'],
  ])('%s', async (_, answer, code) => {
    await expectNothingLeft(await copyFrom(answer), code)
  })

  it.each([
    ['announces more bytes than allowed', 1_001, length(1_001), 1_000],
    ['has more bytes than allowed, without a Content-Length', 1_001, {}, 1_000],
    ['exceeds the size limit after its first part', partBytes + 2, {}, partBytes + 1],
  ])('%s', async (_, count, headers, maxBytes) => {
    const copying = await copyFrom(() => anAnswer(aVideo(count), headers), { maxBytes })
    await expectNothingLeft(copying, 'media_too_large')
  })

  it('never ends', async () => {
    const chunk = aVideo(64 * 1_024)
    const { readable, writable } = new IdentityTransformStream()
    const writer = writable.getWriter()
    const send = async () => {
      for (;;) await writer.write(chunk)
    }
    send().catch(() => undefined)
    const copying = await copyFrom(() => anAnswer(readable), { maxBytes: 3 * partBytes })
    await expectNothingLeft(copying, 'media_too_large')
    expect(copying.uploads).toHaveLength(1)
  })
})

describe('a download stores nothing if the host', () => {
  it.each<[number, string]>([
    [401, 'media_expired'],
    [403, 'media_expired'],
    [404, 'media_expired'],
    [410, 'media_expired'],
    [204, 'media_unavailable'],
    [206, 'media_unavailable'],
    [400, 'media_unavailable'],
    [429, 'media_unavailable'],
    [500, 'media_unavailable'],
    [503, 'media_unavailable'],
    [504, 'media_unavailable'],
    ...[...neverSent, ...perhapsSent].map((status): [number, string] => [status, 'media_unavailable']),
  ])('answers %i', async (status, code) => {
    const body = status === 204 ? null : aVideo(1_000)
    await expectNothingLeft(await copyFrom(() => new Response(body, { status })), code)
  })

  it('does not respond', async () => {
    const copying = await copyFrom(() => {
      throw new TypeError('connection refused')
    })
    await expectNothingLeft(copying, 'media_unavailable')
  })
})

describe('a download that Reelhook stops', () => {
  const stop = async () => {
    throw new Error('the lease was lost')
  }

  it.each([
    ['with a length', length(11_000_000)],
    ['without a length', {}],
  ])('ends and leaves nothing, %s', async (_, headers) => {
    const before = await objectKeys()
    const uploads: R2MultipartUpload[] = []
    const stopped = copyFrom(() => anAnswer(aVideo(11_000_000), headers), {
      bucket: watched(env.BUCKET, uploads),
      onProgress: stop,
    })
    await expect(stopped).rejects.toThrow('the lease was lost')
    expect(await objectKeys()).toEqual(before)
    for (const upload of uploads) await expectClosed(upload)
  })

  it('leaves no multipart upload open if R2 rejects a part', async () => {
    const uploads: R2MultipartUpload[] = []
    const refuses = { uploadPart: () => Promise.reject(new Error('R2 is down')) }
    const bucket = withMethods(env.BUCKET, {
      createMultipartUpload: async (key) => {
        const upload = await env.BUCKET.createMultipartUpload(key)
        uploads.push(upload)
        return withMethods(upload, refuses)
      },
    })
    await expect(copyFrom(() => anAnswer(aVideo(6_000_000)), { bucket })).rejects.toThrow('R2 is down')
    expect(uploads).toHaveLength(1)
    for (const upload of uploads) await expectClosed(upload)
  })

  it('ends if R2 rejects the object', async () => {
    const bucket = withMethods(env.BUCKET, { put: () => Promise.reject(new Error('R2 is down')) })
    for (const headers of [length(1_000_000), {}]) {
      await expect(copyFrom(() => anAnswer(aVideo(1_000_000), headers), { bucket })).rejects.toThrow(
        'R2 is down',
      )
    }
  })
})
