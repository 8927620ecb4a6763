/**
 * Whether a stored file has the structure of a video: its first bytes alone do not prove that. Only the headers of its
 * boxes or elements are read, by ranges, wherever they are in the file.
 */
import type { Container } from '../sniff/container.ts'
import type { RandomAccess } from './random-access.ts'

/** Whether it has a video track, or a track whose kind it does not state. Throws if the file cannot be read. */
export function hasVideoStructure(
  file: RandomAccess,
  { extension }: Pick<Container, 'extension'>,
): Promise<boolean> {
  const read = cached(file)
  switch (extension) {
    case 'mp4':
    case 'mov':
      return hasMovie(read, { from: 0, to: file.bytes })
    case 'webm':
      return hasTracks(read, { from: 0, to: file.bytes })
  }
}

interface Span {
  from: number
  to: number
}

interface Element extends Span {
  name: string
}

type Read = (from: number, to: number) => Promise<DataView>
type ReadElement = (read: Read, at: number, end: number) => Promise<Element | null>

// Real files have only a few elements before the required one.
const maxElements = 64
// Each may cost several reads.
const maxTracks = 8

/** The children of an element, as long as they end within it. */
async function* childrenOf(read: Read, { from, to }: Span, next: ReadElement): AsyncGenerator<Element> {
  let at = from
  for (let count = 0; count < maxElements; count++) {
    const element = await next(read, at, to)
    if (element === null || element.to > to) return
    yield element
    at = element.to
  }
}

/** The first child with this name; null if it is missing or extends beyond its parent. */
async function find(read: Read, parent: Span, next: ReadElement, name: string): Promise<Element | null> {
  for await (const element of childrenOf(read, parent, next)) if (element.name === name) return element
  return null
}

/** ISO/IEC 14496-12 §8.2: a movie box with a video track, or in QuickTime a compressed movie. */
async function hasMovie(read: Read, file: Span): Promise<boolean> {
  const movie = await find(read, file, readBox, 'moov')
  if (movie === null) return false
  let tracks = 0
  for await (const child of childrenOf(read, movie, readBox)) {
    if (child.name === 'cmov') return true
    if (child.name !== 'trak') continue
    tracks += 1
    if (tracks > maxTracks || (await mayBeVideo(read, child))) return true
  }
  return false
}

/** ISO/IEC 14496-12 §8.4.3: the media's handler. A track without one may be a video's. */
async function mayBeVideo(read: Read, track: Element): Promise<boolean> {
  const media = await find(read, track, readBox, 'mdia')
  const handler = media && (await find(read, media, readBox, 'hdlr'))
  // Its version and flags, then 32 bits of zeros, then its type.
  if (handler === null || handler.from + 12 > handler.to) return true
  return textOf(await read(handler.from + 8, handler.from + 12)) === 'vide'
}

function textOf(view: DataView): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
}

/** RFC 9559 §5.1.4: a segment whose tracks include a video track. */
async function hasTracks(read: Read, file: Span): Promise<boolean> {
  const segment = await find(read, file, readEbml, '18538067')
  const tracks = segment && (await find(read, segment, readEbml, '1654ae6b'))
  if (tracks === null) return false
  let entries = 0
  for await (const { name, ...entry } of childrenOf(read, tracks, readEbml)) {
    if (name !== 'ae') continue
    entries += 1
    const type = await find(read, entry, readEbml, '83')
    if (entries > maxTracks || type === null || (await isVideoType(read, type))) return true
  }
  return false
}

/** RFC 9559 §5.1.4.1.3: an integer, 1 for video. */
async function isVideoType(read: Read, { from, to }: Element): Promise<boolean> {
  return to > from && (await read(to - 1, to)).getUint8(0) === 1
}

/** ISO/IEC 14496-12 §4.2. Size 0 means up to the end; size 1 means that 64 bits with the size follow. */
async function readBox(read: Read, at: number, end: number): Promise<Element | null> {
  if (at + 8 > end) return null
  const header = await read(at, Math.min(at + 16, end))
  const name = String.fromCharCode(...new Uint8Array(header.buffer, header.byteOffset + 4, 4))
  const size = header.getUint32(0)
  if (size === 0) return { name, from: at + 8, to: end }
  if (size !== 1) return size < 8 ? null : { name, from: at + 8, to: at + size }
  if (header.byteLength < 16) return null
  const large = Number(header.getBigUint64(8))
  return large < 16 ? null : { name, from: at + 16, to: at + large }
}

/** RFC 8794 §4. A size of all ones is unknown, so the element extends to the end. */
async function readEbml(read: Read, at: number, end: number): Promise<Element | null> {
  if (at + 2 > end) return null
  const header = await read(at, Math.min(at + 12, end))
  const idLength = Math.clz32(header.getUint8(0)) - 23
  if (idLength > 4 || idLength >= header.byteLength) return null
  const sizeLength = Math.clz32(header.getUint8(idLength)) - 23
  if (sizeLength > 8 || idLength + sizeLength > header.byteLength) return null
  const name = new Uint8Array(header.buffer, header.byteOffset, idLength).toHex()
  let size = header.getUint8(idLength) & (0xff >> sizeLength)
  let isUnknown = size === 0xff >> sizeLength
  for (let index = 1; index < sizeLength; index++) {
    const byte = header.getUint8(idLength + index)
    size = size * 256 + byte
    isUnknown = isUnknown && byte === 0xff
  }
  const from = at + idLength + sizeLength
  return { name, from, to: isUnknown ? end : from + size }
}

const minReadBytes = 4 * 1024

/** Reads ahead, because neighboring headers are read one after another. */
function cached(file: RandomAccess): Read {
  let from = 0
  let cache = new Uint8Array()
  return async (at, to) => {
    if (at < from || to > from + cache.length) {
      from = at
      cache = new Uint8Array(await file.read(at, Math.min(Math.max(to, at + minReadBytes), file.bytes)))
    }
    return new DataView(cache.buffer, cache.byteOffset + at - from, to - at)
  }
}
