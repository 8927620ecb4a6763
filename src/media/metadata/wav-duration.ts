/** The duration of a WAV, from its format and the size of its sound (RIFF, WAVE). */
import type { BoundedReader } from './random-access.ts'

// The header's name, size and type come before the first chunk.
const firstChunk = 12

/** Null if a chunk is missing, and for compressed sound, whose size says nothing about its duration. */
export async function wavSeconds(read: BoundedReader['read'], fileBytes: number): Promise<number | null> {
  let format: Format | null = null
  for (let at = firstChunk; at + 8 <= fileBytes; ) {
    const header = viewOf(await read(at, at + 8))
    const name = textOf(header, 0)
    const bytes = header.getUint32(4, true)
    const from = at + 8
    if (name === 'fmt ') {
      const end = Math.min(from + Math.min(bytes, maxFormatBytes), fileBytes)
      format = formatOf(viewOf(await read(from, end)))
    }
    // The declared size of a recording that was cut off extends beyond the file.
    if (name === 'data') return format && secondsOf(format, Math.min(bytes, fileBytes - from))
    // Chunks begin at even positions.
    at = from + bytes + (bytes % 2)
  }
  return null
}

interface Format {
  framesPerSecond: number
  bytesPerFrame: number
}

function secondsOf({ framesPerSecond, bytesPerFrame }: Format, bytes: number): number {
  return Math.floor(bytes / bytesPerFrame) / framesPerSecond
}

// That of the extended format, the longest.
const maxFormatBytes = 40
const extended = 0xfffe

// Integers, floating point, A-law and µ-law: every sample has the same size.
const uncompressed = [1, 3, 6, 7]

function formatOf(header: DataView): Format | null {
  if (header.byteLength < 16) return null
  const tag = header.getUint16(0, true)
  // An extended format begins its identifier with the tag of the plain format.
  const isExtended = tag === extended && header.byteLength === maxFormatBytes
  if (!uncompressed.includes(isExtended ? header.getUint16(24, true) : tag)) return null
  return { framesPerSecond: header.getUint32(4, true), bytesPerFrame: header.getUint16(12, true) }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function textOf(view: DataView, at: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4))
}
