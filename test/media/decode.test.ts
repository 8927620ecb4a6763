/** Bodies with a Content-Encoding are stored decoded, or refused with a fault that names the encoding. */
import { describe, expect, it } from 'vitest'
import { bytesIn } from '../support/assets.ts'
import { passTimeUntil, postJob, untilSubmitted } from '../support/reelhook.ts'
import { bytesOf, sha256Of } from '../support/videos.ts'
import { anAnswer, aStream, aVideo, copyFrom, expectNothingLeft, partBytes } from './a-copy.ts'

const video = aVideo(300_000)
const large = aVideo(partBytes + 300_000)

async function packed(bytes: Uint8Array, format: 'gzip' | 'deflate'): Promise<Uint8Array> {
  return bytesOf(
    new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream(format)),
  )
}

function labelled(encoding: string, body: Uint8Array, length = body.length): Response {
  return anAnswer(aStream(body), { 'content-encoding': encoding, 'content-length': String(length) })
}

describe('a video is stored decoded', () => {
  it.each([
    'gzip',
    'br',
    'deflate',
    'aws-chunked',
    'aws-chunked,gzip',
    'gzip, gzip',
    'zstd',
    'utf-8',
    'none',
    'identity',
    '',
  ])('if it is not encoded but labelled "%s"', async (encoding) => {
    for (const bytes of [video, large]) {
      const { result } = await copyFrom(() => labelled(encoding, bytes))
      expect(result).toMatchObject({
        ok: true,
        value: { bytes: bytes.length, sha256: await sha256Of(bytes) },
      })
    }
  })

  it.each(['gzip', 'x-gzip', 'GZIP', 'aws-chunked,gzip', 'gzip, aws-chunked', 'identity, gzip'])(
    'if it is really compressed: %s',
    async (encoding) => {
      for (const bytes of [video, large]) {
        const body = await packed(bytes, 'gzip')
        const { result } = await copyFrom(() => labelled(encoding, body))
        expect(result).toMatchObject({
          ok: true,
          value: { bytes: bytes.length, sha256: await sha256Of(bytes) },
        })
      }
    },
  )

  it('if it is compressed with deflate, or twice', async () => {
    const [once, twice] = [
      await packed(video, 'deflate'),
      await packed(await packed(video, 'deflate'), 'gzip'),
    ]
    for (const [encoding, body] of [
      ['deflate', once],
      ['deflate, gzip', twice],
    ] as const) {
      const { result } = await copyFrom(() => labelled(encoding, body))
      expect(result).toMatchObject({ ok: true, value: { sha256: await sha256Of(video) } })
    }
  })

  it('if it is compressed with brotli, which the runtime decodes in a second request', async () => {
    const { result, requests } = await copyFrom((request) =>
      request.headers.get('accept-encoding') === 'br'
        ? labelled('br', video, 17)
        : labelled('br', bytesIn('\x1b\x5b\xc3\xf8\x05 in brotli')),
    )
    expect(result).toMatchObject({ ok: true, value: { sha256: await sha256Of(video) } })
    expect(requests).toHaveLength(2)
  })
})

describe('nothing is stored', () => {
  it.each(['zstd', 'compress', 'gzip', 'deflate', 'aws-chunked'])(
    'of a body in an unsupported encoding, which the fault names: %s',
    async (encoding) => {
      const copying = await copyFrom(() => labelled(encoding, bytesIn('(\xb5/\xfd in something else')))
      await expectNothingLeft(copying, 'media_wrong_type')
      expect(copying.result).toMatchObject({ fault: { message: expect.stringContaining(encoding) } })
    },
  )

  it('of a compressed HTML page', async () => {
    const page = await packed(bytesIn('<!doctype html>'), 'gzip')
    await expectNothingLeft(await copyFrom(() => labelled('gzip', page)), 'media_wrong_type')
  })

  it.each([
    [
      'ends early, with a matching Content-Length',
      (body: Uint8Array) => labelled('gzip', body.subarray(0, -1_000)),
    ],
    [
      'ends before its announced length',
      (body: Uint8Array) => labelled('gzip', body.subarray(0, -1_000), body.length),
    ],
    [
      'is damaged',
      (body: Uint8Array) =>
        labelled(
          'gzip',
          body.map((byte, at) => (at === 2_000 ? byte ^ 255 : byte)),
        ),
    ],
    [
      'breaks off',
      (body: Uint8Array) => anAnswer(aStream(body.subarray(0, -9), 'broken'), { 'content-encoding': 'gzip' }),
    ],
  ])('of a compressed video that %s', async (_, respond) => {
    const noise = aVideo(300_000).map((byte, at) =>
      at < 20 ? byte : (Math.imul(at, 2_654_435_761) >>> 13) & 255,
    )
    const body = await packed(noise, 'gzip')
    await expectNothingLeft(await copyFrom(() => respond(body)), 'media_truncated')
  })

  it('of an uncompressed video with a false label that ends early', async () => {
    const copying = await copyFrom(() => labelled('gzip', video, video.length + 1))
    await expectNothingLeft(copying, 'media_truncated')
  })

  it.each(['gzip', 'deflate'] as const)(
    'of a video with twelve layers of %s, because each layer needs memory',
    async (format) => {
      const layers = 12
      let body = await packed(video, format)
      for (let layer = 1; layer < layers; layer++) body = await packed(body, format)
      const copying = await copyFrom(() => labelled(Array(layers).fill(format).join(', '), body))
      await expectNothingLeft(copying, 'media_wrong_type')
    },
  )

  it('of a body that exceeds the size limit when it is decoded', async () => {
    const zeros = new Uint8Array(50_000_000)
    zeros.set(aVideo(48))
    const bomb = await packed(zeros, 'gzip')
    const copying = await copyFrom(() => labelled('gzip', bomb), { maxBytes: 3 * partBytes })
    await expectNothingLeft(copying, 'media_too_large')
  })
})

it.each(['gzip', 'gzip-label', 'br-label', 'aws-chunked', 'aws-chunked-gzip', 'deflate'])(
  'a job succeeds although the media host encodes its video: %s',
  async (encoding) => {
    const { id } = await postJob({ prompt: `A paper boat sim(encoding=${encoding})` })
    await untilSubmitted(id)
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ width: 256 }] })
  },
)
