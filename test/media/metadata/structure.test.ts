/** Files with the structure of a video, and files that only begin like one. */
import { describe, expect, inject, it } from 'vitest'
import { randomAccessInMemory } from '../../../src/media/metadata/random-access.ts'
import { hasVideoStructure } from '../../../src/media/metadata/structure.ts'
import { containerOf } from '../../../src/media/sniff/container.ts'
import { joined } from '../../support/assets.ts'
import { aBox, anAnswer, aVideo, copyFrom, expectNothingLeft } from '../a-copy.ts'
import { aFilm, formats } from '../a-film.ts'

const noise = new Uint8Array(5_000).fill(77)
const ftyp = aBox('ftyp', new TextEncoder().encode('isom\0\0\0\0'))
const movie = aBox('moov', aBox('trak', new Uint8Array(8)))
const picture = Uint8Array.fromBase64(inject('picture'))
const handlerOf = (type: string) =>
  aBox('trak', aBox('mdia', aBox('hdlr', joined([new Uint8Array(8), new TextEncoder().encode(type)]))))
const webmOf = (...trackTypes: number[]) => {
  const entries = trackTypes.flatMap((type) => [0xae, 0x83, 0x83, 0x81, type])
  const segment = [0x18, 0x53, 0x80, 0x67, 0xff, 0x16, 0x54, 0xae, 0x6b, 0x80 + entries.length, ...entries]
  return joined([ebml, Uint8Array.from(segment)])
}
const ebml = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0x80)

async function isVideo(file: Uint8Array): Promise<boolean> {
  const container = containerOf(file)
  return container !== null && (await hasVideoStructure(randomAccessInMemory(file), container))
}

/** A box with a 64-bit size. */
function aLargeBox(name: string, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(16)
  const view = new DataView(header.buffer)
  view.setUint32(0, 1)
  view.setBigUint64(8, BigInt(16 + content.length))
  header.set(new TextEncoder().encode(name), 4)
  return joined([header, content])
}

describe('accepts as a video', () => {
  it.each(Object.entries(formats))('%s', async (_, format) => {
    expect(await isVideo(await aFilm({ format: format() }))).toBe(true)
  })

  it.each([
    ['the test video of the simulator', picture],
    ['an MP4 whose movie box follows a large box', joined([ftyp, aLargeBox('mdat', noise), movie])],
    [
      'an MP4 whose movie box extends to the end of the file',
      joined([ftyp, Uint8Array.of(0, 0, 0, 0), movie.subarray(4)]),
    ],
    ['the smallest possible MP4', aVideo(48)],
    [
      'an MP4 with an audio and a video track',
      joined([ftyp, aBox('moov', joined([handlerOf('soun'), handlerOf('vide')]))]),
    ],
    ['a WebM with an audio and a video track', webmOf(2, 1)],
  ])('%s', async (_, file) => {
    expect(await isVideo(file)).toBe(true)
  })
})

const fakes: [string, Uint8Array][] = [
  ['the first eight bytes of a file type box', Uint8Array.of(0, 0, 0, 8, 0x66, 0x74, 0x79, 0x70)],
  ['a file type box and nothing else', ftyp],
  ['a file type box and noise', joined([ftyp, noise])],
  ['a file type box and zeros', joined([ftyp, new Uint8Array(5_000)])],
  ['a file without a movie box', joined([ftyp, aBox('mdat', noise)])],
  ['a movie box without a track', joined([ftyp, aBox('moov', aBox('mvhd', noise))])],
  [
    'an MP4 with only an audio and a text track',
    joined([ftyp, aBox('moov', joined([handlerOf('soun'), handlerOf('text')]))]),
  ],
  ['a WebM with only audio tracks', webmOf(2, 2)],
  ['a movie box that is cut off', joined([ftyp, aBox('moov', aBox('trak', noise)).subarray(0, 3_000)])],
  [
    'ten thousand empty boxes',
    joined([ftyp, ...Array.from({ length: 10_000 }, () => aBox('free', new Uint8Array()))]),
  ],
  [
    'a box of an impossible size',
    joined([ftyp, Uint8Array.of(0, 0, 0, 3), new TextEncoder().encode('moov')]),
  ],
  ['an EBML header alone', ebml],
  ['an EBML header and noise', joined([ebml, noise])],
  [
    'a segment without tracks',
    joined([ebml, Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0xff), new Uint8Array(100)]),
  ],
]

describe('does not accept as a video', () => {
  it.each(fakes)('%s', async (_, file) => {
    expect(await isVideo(file)).toBe(false)
  })

  it.each(fakes)('a download of %s, and stores nothing', async (_, file) => {
    for (const headers of [{ 'content-length': `${file.length}` }, {}]) {
      await expectNothingLeft(await copyFrom(() => anAnswer(file, headers)), 'media_wrong_type')
    }
  })

  it('a file that is cut off before the end of its header', async () => {
    const film = await aFilm({ format: formats['an MP4 with its header last'](), seconds: 1 })
    for (const share of [0.01, 0.3, 0.6, 0.9, 0.99]) {
      expect(await isVideo(film.subarray(0, Math.floor(film.length * share)))).toBe(false)
    }
  })
})
