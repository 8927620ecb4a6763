/**
 * Reading the header of a stranger's file: what is read of it has limits of bytes, reads and time, and nothing in it
 * makes this throw.
 */
import { CustomSource, Input, type InputFormat, Logging, LogLevel } from 'mediabunny'
import { sayError } from '../log.ts'
import { type Pieces, piecesOf, type Ranges } from './pieces.ts'

// What it would print is said in the trouble.
Logging.level = LogLevel.Silent

const mostMs = 10_000

/** Why `read` came to no end; null when it did. */
export async function readHeader(
  ranges: Ranges,
  formats: InputFormat[],
  read: (input: Input, pieces: Pieces) => Promise<void>,
): Promise<string | null> {
  const pieces = piecesOf(ranges)
  const source = new CustomSource({
    getSize: () => ranges.bytes,
    read: pieces.read,
    // The pieces are the cache; and each read must be seen, to be counted.
    maxCacheSize: 0,
    // What fails is thrown by the read that waits for it; what nobody waits for is no news.
    handleUnhandledError: () => undefined,
  })
  const input = new Input({ formats, source })
  try {
    await inTime(read(input, pieces))
    return null
  } catch (error) {
    // Whatever a hostile header, the library's reading of it or R2 may throw: none of it is worth the file.
    return sayError(error).slice(0, 200)
  } finally {
    input.dispose()
  }
}

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
