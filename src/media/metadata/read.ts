/**
 * Reads the header of an untrusted file with limits on bytes, reads and time. Nothing in the file makes this throw.
 */
import { CustomSource, Input, type InputFormat, Logging, LogLevel } from 'mediabunny'
import { describeError } from '../../log.ts'
import { containerOf } from '../sniff/container.ts'
import { type BoundedReader, boundedReaderOf, type RandomAccess } from './random-access.ts'

// The result reports errors, so the library does not print them.
Logging.level = LogLevel.Silent

const maxMs = 10_000

/** Returns why `read` failed; null if it did not. */
export async function readHeader(
  file: RandomAccess,
  formats: InputFormat[],
  read: (input: Input, reader: BoundedReader) => Promise<void>,
): Promise<string | null> {
  let input: Input | null = null
  const trouble = await readBounded(file, async (reader) => {
    const typed = await withFileType(reader, file.bytes)
    const source = new CustomSource({
      getSize: () => typed.bytes,
      read: typed.read,
      // The reader caches, and it must see each read to count it.
      maxCacheSize: 0,
      // The read that awaits a failure throws it; unawaited errors are ignored.
      handleUnhandledError: () => undefined,
    })
    input = new Input({ formats, source })
    await read(input, reader)
  })
  dispose(input)
  return trouble
}

function dispose(input: Input | null): void {
  input?.dispose()
}

/** Reads without the library. Returns why `read` failed; null if it did not. */
export async function readBounded(
  file: RandomAccess,
  read: (reader: BoundedReader) => Promise<void>,
): Promise<string | null> {
  try {
    await withinTime(read(boundedReaderOf(file)))
    return null
  } catch (error) {
    // A hostile header, a bug of the library or R2 may throw anything here. Metadata is not worth losing the file for.
    return describeError(error).slice(0, 200)
  }
}

// A file type box (ISO/IEC 14496-12 §4.3) of the QuickTime brand: its size, name, brand and version.
const quickTimeType = Uint8Array.from([0, 0, 0, 16, ...new TextEncoder().encode('ftypqt  '), 0, 0, 0, 0])

/** The library requires a QuickTime file to begin with a file type box. Old files have none, so one is put before. */
async function withFileType(reader: BoundedReader, bytes: number): Promise<RandomAccess> {
  const start = await reader.read(0, Math.min(startBytes, bytes))
  const isTyped = new TextDecoder('latin1').decode(start.subarray(4, 8)) === 'ftyp'
  if (isTyped || containerOf(start)?.extension !== 'mov') return { bytes, read: reader.read }
  const { length } = quickTimeType
  return {
    bytes: bytes + length,
    async read(from, to) {
      if (from >= length) return reader.read(from - length, to - length)
      const whole = new Uint8Array(to - from)
      whole.set(quickTimeType.subarray(from, Math.min(to, length)))
      if (to > length) whole.set(await reader.read(0, to - length), length - from)
      return whole
    },
  }
}

// Enough bytes to recognize the container.
export const startBytes = 64

async function withinTime(work: Promise<void>): Promise<void> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`the header took more than ${maxMs} ms`)), maxMs)
  try {
    await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Rounded to three decimals; null unless it is a positive number. */
export function positiveNumber(value: number): number | null {
  const rounded = Math.round(value * 1_000) / 1_000
  return Number.isFinite(rounded) && rounded > 0 ? rounded : null
}
