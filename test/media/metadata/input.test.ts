/** What is read of an input: where it cannot be, nothing is known, and nothing is thrown. */
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import type { MediaKind } from '../../../src/core/request/media.ts'
import { readInputMetadata } from '../../../src/media/metadata/input.ts'
import { randomAccessInMemory } from '../../../src/media/metadata/random-access.ts'
import { aFile, bytesIn, joined, takenTypes } from '../../support/assets.ts'
import { aFilm, formats } from '../a-film.ts'
import { anMp3, aWav, frames, id3, mp3Of, perFrame, xing } from '../a-sound.ts'

const unknown = { width: null, height: null, durationSeconds: null }

function factsOf(kind: MediaKind, file: Uint8Array) {
  return readInputMetadata(kind, randomAccessInMemory(file))
}

describe('a header tells', () => {
  it.each([
    ['a WAV', aWav(15.2), 15.2],
    ['a short WAV', aWav(0.25), 0.25],
    ['an MP3', anMp3(100), 3.6],
    ['a long MP3', anMp3(10_000), 360],
  ])('how long %s lasts', async (_, file, durationSeconds) => {
    expect(await factsOf('audio', file)).toEqual({ ...unknown, durationSeconds })
  })

  it.each<[string, () => Uint8Array<ArrayBuffer>, number | null]>([
    ['of a varying rate', () => mp3Of([...frames(100, 320), ...frames(317, 32)]), 417 * perFrame],
    [
      'of a varying rate, the other way',
      () => mp3Of([...frames(10, 32), ...frames(2_287, 320)]),
      2_297 * perFrame,
    ],
    ['with a large picture before it', () => joined([id3(300_000), mp3Of(frames(417, 128))]), 417 * perFrame],
    [
      'with a tag behind it',
      () => joined([mp3Of(frames(417, 128)), bytesIn(`TAG${' '.repeat(125)}`)]),
      417 * perFrame,
    ],
    [
      'with a false count of its frames',
      () => joined([xing(9_999), mp3Of(frames(417, 128))]),
      417 * perFrame,
    ],
    [
      'joined of two',
      () => joined([xing(100), mp3Of(frames(100, 128)), id3(50), xing(100), mp3Of(frames(100, 64))]),
      200 * perFrame,
    ],
    [
      'cut off in its last frame',
      () => mp3Of(frames(418, 128)).subarray(0, -100) as Uint8Array<ArrayBuffer>,
      417 * perFrame,
    ],
    ['padded with zeros', () => joined([mp3Of(frames(417, 128)), new Uint8Array(2_000)]), 417 * perFrame],
    [
      'with something else in its middle',
      () => joined([mp3Of(frames(50, 128)), bytesIn('a boat'), mp3Of(frames(50, 128))]),
      null,
    ],
    ['of a rate of its own', () => Uint8Array.of(0xff, 0xfb, 0x00, 0xc0, ...new Uint8Array(4_000)), null],
  ])('how long an MP3 lasts, frame by frame: %s', async (_, make, seconds) => {
    const { durationSeconds } = await factsOf('audio', make())
    if (seconds === null) expect(durationSeconds).toBeNull()
    else expect(durationSeconds).toBeCloseTo(seconds, 2)
  })

  it('how long the sound of an MP4 lasts', async () => {
    const { durationSeconds } = await factsOf('audio', await aFilm({ seconds: 3 }))
    expect(durationSeconds).toBeCloseTo(3, 1)
  })

  it.each([
    ['an MP4', formats['an MP4 with its header last']],
    ['a QuickTime film', formats['a QuickTime film']],
    ['a WebM', formats['a WebM']],
  ])('how large %s is and how long it lasts', async (_, format) => {
    const film = await aFilm({ format: format(), width: 864, height: 496, seconds: 2 })
    const { durationSeconds, ...size } = await factsOf('video', film)
    expect(size).toEqual({ width: 864, height: 496 })
    expect(durationSeconds).toBeCloseTo(2, 1)
  })

  it('it of a film as it is shown', async () => {
    const film = await aFilm({ width: 1280, height: 720, rotation: 90, seconds: 1 })
    expect(await factsOf('video', film)).toMatchObject({ width: 720, height: 1280 })
  })
})

describe('nothing is known', () => {
  it.each(takenTypes)('of what only begins as %s', async (type) => {
    const [kind] = type.split('/') as [MediaKind]
    expect(await factsOf(kind, aFile(type))).toEqual(unknown)
  })

  it('of an image', async () => {
    expect(await factsOf('image', aFile('image/png'))).toEqual(unknown)
  })

  it.each([
    ['a WAV that ends in its header', 'audio', aWav(1).subarray(0, 30)],
    ['an empty WAV', 'audio', aWav(0)],
    ['a film without a picture', 'video', aWav(1)],
  ] as const)('of %s', async (_, kind, file) => {
    expect(await factsOf(kind, file)).toEqual(unknown)
  })

  it('of a sound that claims more frames than can be counted', async () => {
    const film = await aFilm({ seconds: 1 })
    const name = new TextDecoder('latin1').decode(film).lastIndexOf('stsc')
    film.set([0xff, 0xff, 0xff, 0xff], name + 16)
    expect(await factsOf('audio', film)).toEqual(unknown)
  })

  it('where reading fails', async () => {
    const ranges = { bytes: 1_000, read: () => Promise.reject(new Error('R2 is down')) }
    expect(await readInputMetadata('audio', ranges)).toEqual(unknown)
    expect(await readInputMetadata('video', ranges)).toEqual(unknown)
  })

  it.each([
    ['a WAV', () => aWav(0.5)],
    ['an MP3', () => anMp3(20)],
    ['the sound of an MP4', () => aFilm({ seconds: 1, frameBytes: 20 })],
  ])('or something that can be, of %s that is damaged anywhere', async (_, make) => {
    const file = await make()
    const place = fc.nat(Math.min(file.length, 3_000) - 1)
    const damage = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(damage, async (bytes) => {
        const damaged = file.slice()
        for (const [at, byte] of bytes) damaged[at] = byte
        const { durationSeconds } = await factsOf('audio', damaged)
        if (durationSeconds !== null) expect(durationSeconds).toBeGreaterThan(0)
      }),
      { numRuns: 60 },
    )
  })

  it('of a file whose end is missing, beyond what its header tells', async () => {
    const picture = Uint8Array.fromBase64(inject('picture'))
    expect(await factsOf('video', picture.subarray(0, 20_000))).toMatchObject({ width: 256, height: 144 })
  })
})
