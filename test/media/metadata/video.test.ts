import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, inject, it, vi } from 'vitest'
import { noMetadata } from '../../../src/core/video-metadata.ts'
import { randomAccessInBucket } from '../../../src/media/metadata/random-access.ts'
import { readVideoMetadata, type VideoMetadataResult } from '../../../src/media/metadata/video.ts'
import { withMethods } from '../a-copy.ts'
import { aFilm, formats } from '../a-film.ts'

/** The simulator's test video, made by a real encoder. */
const picture = Uint8Array.fromBase64(inject('picture'))

interface ReadResult extends VideoMetadataResult {
  /** Every range that was read from R2. */
  reads: { offset: number; length: number }[]
}

async function readMetadata(video: Uint8Array, bucket: Partial<R2Bucket> = {}): Promise<ReadResult> {
  const key = `videos/${crypto.randomUUID()}`
  await env.BUCKET.put(key, video)
  const reads: ReadResult['reads'] = []
  const get = async (name: string, { range }: { range: { offset: number; length: number } }) => {
    reads.push(range)
    return env.BUCKET.get(name, { range })
  }
  const watched = withMethods(env.BUCKET, { get: get as unknown as R2Bucket['get'], ...bucket })
  return { ...(await readVideoMetadata(randomAccessInBucket(watched, { key, bytes: video.length }))), reads }
}

function bytesRead({ reads }: ReadResult): number {
  return reads.reduce((bytes, { length }) => bytes + length, 0)
}

/** The file with other bytes at an offset from the first occurrence of `name`. */
function changed(file: Uint8Array, name: string, offset: number, bytes: number[]): Uint8Array {
  const at = new TextDecoder('latin1').decode(file).indexOf(name)
  if (at < 0) throw new Error(`there is no ${name}`)
  const copy = file.slice()
  copy.set(bytes, at + offset)
  return copy
}

describe('the metadata are read', () => {
  it('from a file by a real encoder, in one read', async () => {
    const result = await readMetadata(picture)
    expect(result).toMatchObject({
      metadata: {
        width: 256,
        height: 144,
        durationSeconds: 3,
        frameRate: 12,
        videoCodec: 'avc',
        audioCodec: 'aac',
        hasAudio: true,
      },
      trouble: null,
    })
    expect(result.reads).toHaveLength(1)
  })

  it.each(Object.entries(formats))('from %s', async (_, format) => {
    const isWebm = _.includes('WebM')
    const { metadata, trouble } = await readMetadata(await aFilm({ format: format() }))
    expect(trouble).toBeNull()
    expect(metadata).toEqual({
      width: 1280,
      height: 720,
      durationSeconds: expect.closeTo(5, 1),
      frameRate: 24,
      videoCodec: isWebm ? 'vp9' : 'avc',
      audioCodec: isWebm ? 'opus' : 'aac',
      hasAudio: true,
    })
  })

  it.each(Object.entries(formats))('from %s without audio', async (_, format) => {
    const { metadata } = await readMetadata(await aFilm({ format: format(), sound: false }))
    expect(metadata).toMatchObject({ hasAudio: false, audioCodec: null, height: 720 })
  })

  it.each([24_000 / 1_001, 25, 30_000 / 1_001, 30, 60])('with a frame rate of %d', async (frameRate) => {
    const { metadata } = await readMetadata(await aFilm({ frameRate }))
    expect(metadata.frameRate).toBeCloseTo(frameRate, 2)
  })

  it('with the displayed size of a rotated video', async () => {
    const { metadata } = await readMetadata(await aFilm({ rotation: 90 }))
    expect(metadata).toMatchObject({ width: 720, height: 1280 })
  })

  it('from an old QuickTime video without a file type box', async () => {
    const film = await aFilm({ format: formats['a QuickTime video']() })
    const typeBytes = new DataView(film.buffer, film.byteOffset).getUint32(0)
    for (const start of [[0, 0, 0, 8, 0x77, 0x69, 0x64, 0x65], []]) {
      const old = Uint8Array.from([...start, ...film.subarray(typeBytes)])
      const { metadata, trouble } = await readMetadata(old)
      expect(trouble).toBeNull()
      expect(metadata).toMatchObject({ width: 1280, height: 720, frameRate: 24, hasAudio: true })
    }
  })

  it('without a frame rate, from a video of one frame', async () => {
    const { metadata } = await readMetadata(await aFilm({ seconds: 1, frameRate: 1, sound: false }))
    expect(metadata).toMatchObject({ width: 1280, frameRate: null })
  })
})

describe('only a small part of a large file is read', () => {
  it.each([
    ['an MP4 with its header first', 1],
    ['an MP4 with its header last', 2],
    ['a QuickTime video', 2],
  ] as const)('%s', async (name, pieces) => {
    const film = await aFilm({ format: formats[name](), frameBytes: 100_000 })
    expect(film.length).toBeGreaterThan(12_000_000)
    const result = await readMetadata(film)
    expect(result).toMatchObject({ metadata: { width: 1280, frameRate: 24 }, trouble: null })
    expect(result.reads.length).toBeLessThanOrEqual(pieces)
    expect(bytesRead(result)).toBeLessThan(200_000)
  })

  it('a WebM, of which some frames must be read', async () => {
    const result = await readMetadata(await aFilm({ format: formats['a WebM'](), frameBytes: 20_000 }))
    expect(result.metadata.frameRate).toBe(24)
    expect(bytesRead(result)).toBeLessThan(4 * 1024 * 1024)
  })

  it('a WebM with frames that are too large yields what its header contains', async () => {
    const result = await readMetadata(await aFilm({ format: formats['a WebM'](), frameBytes: 200_000 }))
    expect(result.metadata).toMatchObject({ width: 1280, videoCodec: 'vp9', hasAudio: true, frameRate: null })
    expect(result.trouble).toMatch(/more than 4194304 bytes/)
    expect(bytesRead(result)).toBeLessThan(4 * 1024 * 1024)
  })
})

describe('the metadata are null, with a reason, for', () => {
  const head = new TextEncoder().encode('\0\0\0\u0020ftypisom\0\0\u0002\0isomiso2avc1mp41')

  it.each([
    ['a header that is cut off', () => picture.slice(0, 1_000)],
    ['a file type box without a movie', () => head],
    ['a file type box and zeros', () => Uint8Array.from([...head, ...new Uint8Array(100_000)])],
    ['an EBML header and nothing else', () => Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3)],
    ['an HTML page', () => new TextEncoder().encode('<!doctype html>')],
  ])('%s', async (_, file) => {
    const { metadata, trouble } = await readMetadata(file())
    expect(metadata).toEqual(noMetadata)
    expect(trouble).toMatch(/./)
  })

  it('a video that is no longer in the bucket', async () => {
    const { metadata, trouble } = await readMetadata(picture, { get: async () => null })
    expect(metadata).toEqual(noMetadata)
    expect(trouble).toMatch(/no longer in the bucket/)
  })

  it('a video that R2 fails to read', async () => {
    const get = () => Promise.reject(new Error('R2 is down'))
    expect((await readMetadata(picture, { get })).trouble).toMatch(/R2 is down/)
  })

  it('a video that R2 takes too long to read', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const asked = Promise.withResolvers<void>()
      const get = () => {
        asked.resolve()
        return new Promise<never>(() => undefined)
      }
      const result = readMetadata(picture, { get })
      await asked.promise
      await vi.advanceTimersByTimeAsync(10_000)
      expect((await result).trouble).toMatch(/more than 10000 ms/)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a hostile header', () => {
  const many = [0x7f, 0xff, 0xff, 0xff]

  it.each([
    ['declares a movie box of 16 MB', 'moov', -4, [0, 0xff, 0xff, 0xff], 20_000_000, /bytes|video track/],
    ['has a 64-bit box of an impossible size', 'moov', -4, [0, 0, 0, 1], 0, /./],
    ['has a box that is too small', 'moov', -4, [0, 0, 0, 4], 0, /./],
  ] as const)('that %s is not read further', async (_, name, offset, bytes, padding, trouble) => {
    const file = changed(picture, name, offset, [...bytes])
    const result = await readMetadata(Uint8Array.from([...file, ...new Uint8Array(padding)]))
    expect(result.trouble).toMatch(trouble)
    expect(bytesRead(result)).toBeLessThanOrEqual(4 * 1024 * 1024)
  })

  it.each([
    ['frame durations', 'stts', 12],
    ['frame offsets', 'ctts', 12],
  ])('that declares two billion %s is not expanded, and the other values are kept', async (_, name, at) => {
    const { metadata, trouble } = await readMetadata(changed(picture, name, at, many))
    expect(metadata).toMatchObject({ width: 256, videoCodec: 'avc', hasAudio: true, frameRate: null })
    expect(trouble).toMatch(/declares \d+ frames/)
  })

  it('that declares two billion frames in a fragment is not expanded', async () => {
    const film = await aFilm({ format: formats['an MP4 in fragments']() })
    // The frames have no sizes or durations of their own, so only the count is stored.
    const { metadata, trouble } = await readMetadata(changed(film, 'trun', 5, [0, 0, 0, ...many]))
    expect(metadata).toMatchObject({ width: 1280, frameRate: null })
    expect(trouble).toMatch(/declares \d+ frames/)
  })

  it('before a few excess bytes is not searched forever', async () => {
    const film = await aFilm({ format: formats['a streamed WebM']() })
    const { metadata, trouble } = await readMetadata(
      Uint8Array.from([...film, ...new Uint8Array(8).fill(255)]),
    )
    expect(metadata).toMatchObject({ width: 1280, videoCodec: 'vp9' })
    expect(trouble).toMatch(/more than 2000 reads/)
  })

  it('that points to a thousand places is followed to 32', async () => {
    const box = Uint8Array.from([0, 1, 0x80, 0, ...new TextEncoder().encode('free')])
    const file = new Uint8Array(40 + 1_000 * 98_304)
    file.set(new TextEncoder().encode('\0\0\0\u0028ftypisom'))
    for (let at = 40; at + box.length < file.length; at += 98_304) file.set(box, at)
    const result = await readMetadata(file)
    expect(result.trouble).toMatch(/more than 32 places/)
    expect(result.reads).toHaveLength(32)
  })

  it.each([
    ['an MP4', () => picture],
    ['an MP4 in fragments', () => aFilm({ format: formats['an MP4 in fragments'](), seconds: 1 })],
    ['a WebM', () => aFilm({ format: formats['a WebM'](), seconds: 1, frameBytes: 20 })],
  ])('may be damaged anywhere: %s', async (_, make) => {
    const file = await make()
    const header = Math.min(file.length, 3_000)
    const damage = fc.array(fc.tuple(fc.nat(header - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(damage, async (bytes) => {
        const damaged = file.slice()
        for (const [at, byte] of bytes) damaged[at] = byte
        const { metadata } = await readMetadata(damaged)
        for (const value of [metadata.width, metadata.height, metadata.durationSeconds, metadata.frameRate]) {
          if (value !== null) expect(value).toBeGreaterThan(0)
        }
      }),
      { numRuns: 60 },
    )
  })

  it.each([
    ['a width of zero', 'avc1', 28, [0, 0]],
    ['a clock without ticks', 'mdhd', 16, [0, 0, 0, 0]],
  ])('with %s yields no impossible values', async (_, name, at, bytes) => {
    const { metadata } = await readMetadata(changed(picture, name, at, bytes))
    for (const value of [metadata.width, metadata.height, metadata.durationSeconds, metadata.frameRate]) {
      if (value !== null) expect(value).toBeGreaterThan(0)
    }
  })
})
