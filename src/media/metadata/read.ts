/**
 * Reading the header of a stranger's file: what is read of it has limits of bytes, reads and time, and nothing in it
 * makes this throw.
 */
import { CustomSource, Input, type InputFormat, Logging, LogLevel } from 'mediabunny'
import { describeError } from '../../log.ts'
import { containerOf } from '../sniff/container.ts'
import { type BoundedReader, boundedReaderOf, type RandomAccess } from './random-access.ts'

// What it would print is said in the trouble.
Logging.level = LogLevel.Silent

const mostMs = 10_000

/** Why `read` came to no end; null when it did. */
export async function readHeader(
  ranges: RandomAccess,
  formats: InputFormat[],
  read: (input: Input, pieces: BoundedReader) => Promise<void>,
): Promise<string | null> {
  const pieces = boundedReaderOf(ranges)
  let input: Input | null = null
  const work = async () => {
    const file = await withFileType(pieces, ranges.bytes)
    const source = new CustomSource({
      getSize: () => file.bytes,
      read: file.read,
      // The pieces are the cache; and each read must be seen, to be counted.
      maxCacheSize: 0,
      // What fails is thrown by the read that waits for it; unawaited errors are ignored.
      handleUnhandledError: () => undefined,
    })
    input = new Input({ formats, source })
    await read(input, pieces)
  }
  try {
    await inTime(work())
    return null
  } catch (error) {
    // Whatever a hostile header, the library's reading of it or R2 may throw: none of it is worth the file.
    return describeError(error).slice(0, 200)
  } finally {
    dispose(input)
  }
}

function dispose(input: Input | null): void {
  input?.dispose()
}

// A file type box (ISO/IEC 14496-12 §4.3) of QuickTime's brand: its size, its name, the brand and its version.
const quickTimeType = Uint8Array.from([0, 0, 0, 16, ...new TextEncoder().encode('ftypqt  '), 0, 0, 0, 0])

/** The library wants a QuickTime file to begin with its type, which older files do not: they are read with one. */
async function withFileType(pieces: BoundedReader, bytes: number): Promise<RandomAccess> {
  const start = await pieces.read(0, Math.min(startBytes, bytes))
  const isTyped = new TextDecoder('latin1').decode(start.subarray(4, 8)) === 'ftyp'
  if (isTyped || containerOf(start)?.extension !== 'mov') return { bytes, read: pieces.read }
  const { length } = quickTimeType
  return {
    bytes: bytes + length,
    async read(from, to) {
      if (from >= length) return pieces.read(from - length, to - length)
      const whole = new Uint8Array(to - from)
      whole.set(quickTimeType.subarray(from, Math.min(to, length)))
      if (to > length) whole.set(await pieces.read(0, to - length), length - from)
      return whole
    },
  }
}

// Enough to tell the container by.
const startBytes = 64

/** Seconds, to the millisecond, or frames in one; null when it is no such number. */
export function measure(value: number): number | null {
  const rounded = Math.round(value * 1_000) / 1_000
  return Number.isFinite(rounded) && rounded > 0 ? rounded : null
}

async function inTime(work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`the header took more than ${mostMs} ms`)), mostMs)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
