import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, inject, it, vi } from 'vitest'
import { noMetadata } from '../../../src/core/video-metadata.ts'
import { randomAccessInBucket } from '../../../src/media/metadata/random-access.ts'
import { readVideoMetadata, type VideoMetadataResult } from '../../../src/media/metadata/video.ts'
import { withMethods } from '../a-copy.ts'
import { aFilm, formats } from '../a-film.ts'

/** The simulator's own picture, which a real encoder made. */
const picture = Uint8Array.fromBase64(inject('picture'))

interface Probing extends VideoMetadataResult {
  /** What was read from R2, piece by piece. */
  reads: { offset: number; length: number }[]
}

async function probeBytes(video: Uint8Array, bucket: Partial<R2Bucket> = {}): Promise<Probing> {
  const key = `probes/${crypto.randomUUID()}`
  await env.BUCKET.put(key, video)
  const reads: Probing['reads'] = []
  const get = async (name: string, { range }: { range: { offset: number; length: number } }) => {
    reads.push(range)
    return env.BUCKET.get(name, { range })
  }
  const watched = withMethods(env.BUCKET, { get: get as unknown as R2Bucket['get'], ...bucket })
  return { ...(await readVideoMetadata(randomAccessInBucket(watched, { key, bytes: video.length }))), reads }
}

function bytesRead({ reads }: Probing): number {
  return reads.reduce((bytes, { length }) => bytes + length, 0)
}

/** The file with something else at the place where `name` first stands, so many bytes further. */
function changed(file: Uint8Array, name: string, further: number, bytes: number[]): Uint8Array {
  const at = new TextDecoder('latin1').decode(file).indexOf(name)
  if (at < 0) throw new Error(`there is no ${name}`)
  const copy = file.slice()
  copy.set(bytes, at + further)
  return copy
}

describe('a header tells', () => {
  it('what an encoder wrote', async () => {
    const probing = await probeBytes(picture)
    expect(probing).toMatchObject({
      facts: {
        ...{ width: 256, height: 144, durationSeconds: 3, frameRate: 12 },
        ...{ videoCodec: 'avc', audioCodec: 'aac', hasAudio: true },
      },
      trouble: null,
    })
    expect(probing.reads).toHaveLength(1)
  })

  it.each(Object.entries(formats))('of %s', async (_, format) => {
    const isWebm = _.includes('WebM')
    const { facts, trouble } = await probeBytes(await aFilm({ format: format() }))
    expect(trouble).toBeNull()
    expect(facts).toEqual({
      ...{ width: 1280, height: 720, durationSeconds: expect.closeTo(5, 1), frameRate: 24 },
      ...{ videoCodec: isWebm ? 'vp9' : 'avc', audioCodec: isWebm ? 'opus' : 'aac', hasAudio: true },
    })
  })

  it.each(Object.entries(formats))('that there is no sound: %s', async (_, format) => {
    const { facts } = await probeBytes(await aFilm({ format: format(), sound: false }))
    expect(facts).toMatchObject({ hasAudio: false, audioCodec: null, height: 720 })
  })

  it.each([24_000 / 1_001, 25, 30_000 / 1_001, 30, 60])('%d frames a second', async (frameRate) => {
    const { facts } = await probeBytes(await aFilm({ frameRate }))
    expect(facts.frameRate).toBeCloseTo(frameRate, 2)
  })

  it('how it is shown, when it was turned', async () => {
    const { facts } = await probeBytes(await aFilm({ rotation: 90 }))
    expect(facts).toMatchObject({ width: 720, height: 1280 })
  })

  it('of a QuickTime film that begins without its type', async () => {
    const film = await aFilm({ format: formats['a QuickTime film']() })
    const typeBytes = new DataView(film.buffer, film.byteOffset).getUint32(0)
    for (const start of [[0, 0, 0, 8, 0x77, 0x69, 0x64, 0x65], []]) {
      const old = Uint8Array.from([...start, ...film.subarray(typeBytes)])
      const { facts, trouble } = await probeBytes(old)
      expect(trouble).toBeNull()
      expect(facts).toMatchObject({ width: 1280, height: 720, frameRate: 24, hasAudio: true })
    }
  })

  it('no frame rate of a single frame', async () => {
    const { facts } = await probeBytes(await aFilm({ seconds: 1, frameRate: 1, sound: false }))
    expect(facts).toMatchObject({ width: 1280, frameRate: null })
  })
})

describe('of a large file, little is read', () => {
  it.each([
    ['an MP4 with its header first', 1],
    ['an MP4 with its header last', 2],
    ['a QuickTime film', 2],
  ] as const)('%s', async (name, pieces) => {
    const film = await aFilm({ format: formats[name](), frameBytes: 100_000 })
    expect(film.length).toBeGreaterThan(12_000_000)
    const probing = await probeBytes(film)
    expect(probing).toMatchObject({ facts: { width: 1280, frameRate: 24 }, trouble: null })
    expect(probing.reads.length).toBeLessThanOrEqual(pieces)
    expect(bytesRead(probing)).toBeLessThan(200_000)
  })

  it('a WebM, whose frames must be looked at', async () => {
    const probing = await probeBytes(await aFilm({ format: formats['a WebM'](), frameBytes: 20_000 }))
    expect(probing.facts.frameRate).toBe(24)
    expect(bytesRead(probing)).toBeLessThan(4 * 1024 * 1024)
  })

  it('a WebM whose frames are too large for that keeps what its header told', async () => {
    const probing = await probeBytes(await aFilm({ format: formats['a WebM'](), frameBytes: 200_000 }))
    expect(probing.facts).toMatchObject({ width: 1280, videoCodec: 'vp9', hasAudio: true, frameRate: null })
    expect(probing.trouble).toMatch(/more than 4194304 bytes/)
    expect(bytesRead(probing)).toBeLessThan(4 * 1024 * 1024)
  })
})

describe('nothing is known, and it is said why,', () => {
  const head = new TextEncoder().encode('\0\0\0\u0020ftypisom\0\0\u0002\0isomiso2avc1mp41')

  it.each([
    ['of a header cut off', () => picture.slice(0, 1_000)],
    ['of a name without a film', () => head],
    ['of zeros behind the name', () => Uint8Array.from([...head, ...new Uint8Array(100_000)])],
    ['of an EBML header alone', () => Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3)],
    ['of no video at all', () => new TextEncoder().encode('<!doctype html>')],
  ])('%s', async (_, file) => {
    const { facts, trouble } = await probeBytes(file())
    expect(facts).toEqual(noMetadata)
    expect(trouble).toMatch(/./)
  })

  it('of a video that is gone from the bucket', async () => {
    const { facts, trouble } = await probeBytes(picture, { get: async () => null })
    expect(facts).toEqual(noMetadata)
    expect(trouble).toMatch(/no longer in the bucket/)
  })

  it('while R2 is down', async () => {
    const get = () => Promise.reject(new Error('R2 is down'))
    expect((await probeBytes(picture, { get })).trouble).toMatch(/R2 is down/)
  })

  it('when R2 takes too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const asked = Promise.withResolvers<void>()
      const get = () => {
        asked.resolve()
        return new Promise<never>(() => undefined)
      }
      const probing = probeBytes(picture, { get })
      await asked.promise
      await vi.advanceTimersByTimeAsync(10_000)
      expect((await probing).trouble).toMatch(/more than 10000 ms/)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a hostile header', () => {
  const many = [0x7f, 0xff, 0xff, 0xff]

  it.each([
    ['says to be as large as the file', 'moov', -4, [0, 0xff, 0xff, 0xff], 20_000_000, /bytes|video track/],
    ['has a box without an end', 'moov', -4, [0, 0, 0, 1], 0, /./],
    ['has a box of no size', 'moov', -4, [0, 0, 0, 4], 0, /./],
  ] as const)('that %s is left', async (_, name, further, bytes, padding, trouble) => {
    const file = changed(picture, name, further, [...bytes])
    const probing = await probeBytes(Uint8Array.from([...file, ...new Uint8Array(padding)]))
    expect(probing.trouble).toMatch(trouble)
    expect(bytesRead(probing)).toBeLessThanOrEqual(4 * 1024 * 1024)
  })

  it.each([
    ['lengths of frames', 'stts', 12],
    ['orders of frames', 'ctts', 12],
  ])('that claims two thousand million %s is not unrolled, and the rest of it holds', async (_, name, at) => {
    const { facts, trouble } = await probeBytes(changed(picture, name, at, many))
    expect(facts).toMatchObject({ width: 256, videoCodec: 'avc', hasAudio: true, frameRate: null })
    expect(trouble).toMatch(/claims \d+ frames/)
  })

  it('that claims two thousand million frames in a fragment is not unrolled', async () => {
    const film = await aFilm({ format: formats['an MP4 in fragments']() })
    // Neither sizes nor lengths of their own: the count alone.
    const { facts, trouble } = await probeBytes(changed(film, 'trun', 5, [0, 0, 0, ...many]))
    expect(facts).toMatchObject({ width: 1280, frameRate: null })
    expect(trouble).toMatch(/claims \d+ frames/)
  })

  it('with a few bytes too many behind it is not searched for ever', async () => {
    const film = await aFilm({ format: formats['a WebM as it is streamed']() })
    const { facts, trouble } = await probeBytes(Uint8Array.from([...film, ...new Uint8Array(8).fill(255)]))
    expect(facts).toMatchObject({ width: 1280, videoCodec: 'vp9' })
    expect(trouble).toMatch(/more than 2000 reads/)
  })

  it('that leads to a thousand places is followed to a few', async () => {
    const box = Uint8Array.from([0, 1, 0x80, 0, ...new TextEncoder().encode('free')])
    const file = new Uint8Array(40 + 1_000 * 98_304)
    file.set(new TextEncoder().encode('\0\0\0\u0028ftypisom'))
    for (let at = 40; at + box.length < file.length; at += 98_304) file.set(box, at)
    const probing = await probeBytes(file)
    expect(probing.trouble).toMatch(/in more than 32 places/)
    expect(probing.reads).toHaveLength(32)
  })

  it.each([
    ['an MP4', () => picture],
    ['an MP4 in fragments', () => aFilm({ format: formats['an MP4 in fragments'](), seconds: 1 })],
    ['a WebM', () => aFilm({ format: formats['a WebM'](), seconds: 1, frameBytes: 20 })],
  ])('of %s may be damaged anywhere', async (_, make) => {
    const file = await make()
    const header = Math.min(file.length, 3_000)
    const damage = fc.array(fc.tuple(fc.nat(header - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(damage, async (bytes) => {
        const damaged = file.slice()
        for (const [at, byte] of bytes) damaged[at] = byte
        const { facts } = await probeBytes(damaged)
        for (const fact of [facts.width, facts.height, facts.durationSeconds, facts.frameRate]) {
          if (fact !== null) expect(fact).toBeGreaterThan(0)
        }
      }),
      { numRuns: 60 },
    )
  })

  it.each([
    ['width of zero', 'avc1', 28, [0, 0]],
    ['clock without ticks', 'mdhd', 16, [0, 0, 0, 0]],
  ])('with a %s tells no nonsense', async (_, name, at, bytes) => {
    const { facts } = await probeBytes(changed(picture, name, at, bytes))
    for (const fact of [facts.width, facts.height, facts.durationSeconds, facts.frameRate]) {
      if (fact !== null) expect(fact).toBeGreaterThan(0)
    }
  })
})
