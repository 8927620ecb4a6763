/**
 * Whether a stored file has the structure that its first bytes announce: a signature alone is not a video. Only boxes'
 * headers are read, by ranges, wherever in the file they lie.
 */

import type { Container } from '../sniff/container.ts'
import type { RandomAccess } from './random-access.ts'

/** Throws when the file cannot be read. */
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

// Real files have a handful of each before the one that is looked for.
const mostElements = 64

/** The first child of that name, which lies wholly in its parent. */
async function find(
  read: Read,
  { from, to }: Span,
  next: ReadElement,
  names: string[],
): Promise<Element | null> {
  let at = from
  for (let count = 0; count < mostElements; count++) {
    const element = await next(read, at, to)
    if (element === null || element.to > to) return null
    if (names.includes(element.name)) return element
    at = element.to
  }
  return null
}

/** ISO/IEC 14496-12 §8.2, and QuickTime, whose movie may be compressed: a movie box with a track in it. */
async function hasMovie(read: Read, file: Span): Promise<boolean> {
  const movie = await find(read, file, readBox, ['moov'])
  return movie !== null && (await find(read, movie, readBox, ['trak', 'cmov'])) !== null
}

/** RFC 9559 §4.5: a segment, and in it the tracks. */
async function hasTracks(read: Read, file: Span): Promise<boolean> {
  const segment = await find(read, file, readEbml, ['18538067'])
  if (segment === null) return false
  const tracks = await find(read, segment, readEbml, ['1654ae6b'])
  return tracks !== null && (await find(read, tracks, readEbml, ['ae'])) !== null
}

/** ISO/IEC 14496-12 §4.2. A size of 0: to the end; of 1: it follows in 64 bits. */
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

/** RFC 8794 §4. A size of ones alone: unknown, so to the end. */
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

const pieceBytes = 4 * 1024

/** Neighbours are read together. */
function cached(file: RandomAccess): Read {
  let from = 0
  let piece = new Uint8Array()
  return async (at, to) => {
    if (at < from || to > from + piece.length) {
      from = at
      piece = new Uint8Array(await file.read(at, Math.min(Math.max(to, at + pieceBytes), file.bytes)))
    }
    return new DataView(piece.buffer, piece.byteOffset + at - from, to - at)
  }
}
