/** What has the structure of a video, and what only begins like one. */
import { describe, expect, inject, it } from 'vitest'
import { randomAccessInMemory } from '../../../src/media/metadata/random-access.ts'
import { hasVideoStructure } from '../../../src/media/metadata/structure.ts'
import { containerOf } from '../../../src/media/sniff/container.ts'
import { aBox, anAnswer, aVideo, copyFrom, expectNothingLeft, joined } from '../a-copy.ts'
import { aFilm, formats } from '../a-film.ts'

const noise = new Uint8Array(5_000).fill(77)
const ftyp = aBox('ftyp', new TextEncoder().encode('isom\0\0\0\0'))
const movie = aBox('moov', aBox('trak', new Uint8Array(8)))
const picture = Uint8Array.fromBase64(inject('picture'))
const handlerOf = (type: string) =>
  aBox('trak', aBox('mdia', aBox('hdlr', joined(new Uint8Array(8), new TextEncoder().encode(type)))))
const webmOf = (...trackTypes: number[]) => {
  const entries = trackTypes.flatMap((type) => [0xae, 0x83, 0x83, 0x81, type])
  const segment = [0x18, 0x53, 0x80, 0x67, 0xff, 0x16, 0x54, 0xae, 0x6b, 0x80 + entries.length, ...entries]
  return joined(ebml, Uint8Array.from(segment))
}
const ebml = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0x80)

async function judge(file: Uint8Array): Promise<boolean> {
  const container = containerOf(file)
  return container !== null && (await hasVideoStructure(randomAccessInMemory(file), container))
}

/** A box that says its size in 64 bits. */
function aLargeBox(name: string, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(16)
  const view = new DataView(header.buffer)
  view.setUint32(0, 1)
  view.setBigUint64(8, BigInt(16 + content.length))
  header.set(new TextEncoder().encode(name), 4)
  return joined(header, content)
}

describe('a video', () => {
  it.each(Object.entries(formats))('is %s', async (_, format) => {
    expect(await judge(await aFilm({ format: format() }))).toBe(true)
  })

  it.each([
    ['the picture of the simulator', picture],
    ['a file with its movie behind a large box', joined(ftyp, aLargeBox('mdat', noise), movie)],
    ['a file whose movie goes to its end', joined(ftyp, Uint8Array.of(0, 0, 0, 0), movie.subarray(4))],
    ['the smallest one', aVideo(48)],
    ['a movie of sound and video', joined(ftyp, aBox('moov', joined(handlerOf('soun'), handlerOf('vide'))))],
    ['a WebM of sound and video', webmOf(2, 1)],
  ])('is %s', async (_, file) => {
    expect(await judge(file)).toBe(true)
  })
})

const pretences: [string, Uint8Array][] = [
  ['eight bytes', Uint8Array.of(0, 0, 0, 8, 0x66, 0x74, 0x79, 0x70)],
  ['a file type and nothing else', ftyp],
  ['a file type and noise', joined(ftyp, noise)],
  ['a file type and zeros', joined(ftyp, new Uint8Array(5_000))],
  ['a file without a movie', joined(ftyp, aBox('mdat', noise))],
  ['a movie without a track', joined(ftyp, aBox('moov', aBox('mvhd', noise)))],
  ['a movie of sound alone', joined(ftyp, aBox('moov', joined(handlerOf('soun'), handlerOf('text'))))],
  ['a WebM of sound alone', webmOf(2, 2)],
  ['a movie that is cut off', joined(ftyp, aBox('moov', aBox('trak', noise)).subarray(0, 3_000))],
  [
    'a circle of empty boxes',
    joined(ftyp, ...Array.from({ length: 10_000 }, () => aBox('free', new Uint8Array()))),
  ],
  ['a box of an impossible size', joined(ftyp, Uint8Array.of(0, 0, 0, 3), new TextEncoder().encode('moov'))],
  ['an EBML header alone', ebml],
  ['an EBML header and noise', joined(ebml, noise)],
  [
    'a segment without tracks',
    joined(ebml, Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0xff), new Uint8Array(100)),
  ],
]

describe('no video', () => {
  it.each(pretences)('is %s', async (_, file) => {
    expect(await judge(file)).toBe(false)
  })

  it.each(pretences)('is kept of a host that sends %s', async (_, file) => {
    for (const headers of [{ 'content-length': `${file.length}` }, {}]) {
      await expectNothingLeft(await copyFrom(() => anAnswer(file, headers)), 'media_wrong_type')
    }
  })

  it('is any file cut off at any place before its header ends', async () => {
    const film = await aFilm({ format: formats['an MP4 with its header last'](), seconds: 1 })
    for (const share of [0.01, 0.3, 0.6, 0.9, 0.99]) {
      expect(await judge(film.subarray(0, Math.floor(film.length * share)))).toBe(false)
    }
  })
})
