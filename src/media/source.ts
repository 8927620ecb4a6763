/**
 * Bytes on their way in. These are the nouns of media/:
 * - source (`ByteSource`): a body that is read once, from start to end, in large chunks.
 * - start: the first bytes of a source. They decide what the media are, whatever their label says.
 * - stored object (`StoredObject` in write.ts): an object in R2, with its size and SHA-256.
 * - file (`RandomAccess` in metadata/): bytes in R2 or in memory that can be read at any position.
 */
import { fail, ok, type Result } from '../core/fault.ts'

export interface ByteSource {
  /** The announced length in bytes; null if none was announced. */
  length: number | null
  /** The sender's Content-Type; empty if it sent none. */
  contentType: string
  /**
   * Fills the buffer as far as the body reaches and returns the filled part; null at the end. The first `filled` bytes
   * of the buffer, by default none, are kept. The buffer is detached: use that of the result from then on.
   */
  read(buffer: ArrayBuffer, filled?: number): Promise<Result<Uint8Array<ArrayBuffer> | null>>
}

export interface ChecksummedSource extends ByteSource {
  /** Call it after the end: the number of bytes read, and their SHA-256 in hex. */
  sum(): Promise<{ bytes: number; sha256: string }>
}

// Large reads, because each one crosses between the runtime and this code.
const minReadBytes = 256 * 1024

/**
 * The stream must be a native byte stream of the runtime. If it breaks off, reading fails with `media_truncated`. `onRead` is
 * called and awaited each time bytes arrive, which is many times for a large buffer. An error that it throws ends the reading.
 */
export function sourceOf(
  stream: ReadableStream,
  announced: Pick<ByteSource, 'length' | 'contentType'>,
  onRead: () => void | Promise<void> = () => undefined,
): ByteSource & { cancel: () => Promise<void> } {
  const reader = stream.getReader({ mode: 'byob' })
  return {
    ...announced,
    cancel: () => reader.cancel(),
    async read(buffer, alreadyFilled = 0) {
      // Each read transfers the buffer and returns it as a new object; views of the old one are empty.
      let current = buffer
      let filled = alreadyFilled
      while (filled < current.byteLength) {
        const rest = new Uint8Array(current, filled)
        const minBytes = Math.min(minReadBytes, rest.length)
        const chunk = await readAtLeast(reader, minBytes, rest)
        if (!chunk.ok) return chunk
        if (chunk.value === undefined) break
        current = chunk.value.buffer
        filled += chunk.value.length
        if (chunk.value.length < minBytes) break
        await onRead()
      }
      return ok(filled === 0 ? null : new Uint8Array(current, 0, filled))
    },
  }
}

async function readAtLeast(
  reader: ReadableStreamBYOBReader,
  minBytes: number,
  into: Uint8Array<ArrayBuffer>,
): Promise<Result<Uint8Array<ArrayBuffer> | undefined>> {
  try {
    return ok((await reader.readAtLeast(minBytes, into)).value)
  } catch (error) {
    return fail('media_truncated', 'The body broke off.', { evidence: { error: String(error) } })
  }
}

/** The Content-Length in bytes; null if it is missing or not a whole number. */
export function announcedLength(headers: Headers): number | null {
  const announced = headers.get('content-length') ?? ''
  return /^\d+$/.test(announced) ? Number(announced) : null
}

/** The source from its start again: the part already read comes first, in the same buffer or in a larger one. */
export function replayed(source: ByteSource, start: Uint8Array<ArrayBuffer>): ByteSource {
  let waiting: Uint8Array<ArrayBuffer> | null = start
  return {
    ...source,
    async read(buffer) {
      if (waiting === null) return source.read(buffer)
      const chunk = waiting
      waiting = null
      if (chunk.buffer.byteLength >= buffer.byteLength) return ok(chunk)
      new Uint8Array(buffer).set(chunk)
      return source.read(buffer, chunk.length)
    },
  }
}

/** Reading fails with `media_truncated` if the body is shorter or longer than announced. */
export function complete(source: ByteSource): ByteSource {
  const { length } = source
  if (length === null) return source
  let bytes = 0
  return {
    ...source,
    async read(buffer, filled = 0) {
      const chunk = await source.read(buffer, filled)
      if (!chunk.ok) return chunk
      if (chunk.value === null) {
        if (bytes === length) return chunk
        return fail('media_truncated', `The body ended after ${bytes} of ${length} bytes.`)
      }
      bytes += chunk.value.length - filled
      if (bytes <= length) return chunk
      return fail('media_truncated', `The body did not end at its announced ${length} bytes.`)
    },
  }
}

/**
 * Counts and hashes the bytes as they pass. Reading fails with `media_truncated` if the announced length is not met, and
 * with `media_too_large` beyond `maxBytes`.
 */
export function withChecksum(unchecked: ByteSource, maxBytes: number): Result<ChecksummedSource> {
  const { length } = unchecked
  if (length !== null && length > maxBytes) return tooLarge(maxBytes)
  const source = complete(unchecked)
  const digest = new crypto.DigestStream('SHA-256')
  const hasher = digest.getWriter()
  let bytes = 0
  return ok({
    ...source,
    async read(buffer) {
      const chunk = await source.read(buffer)
      if (!chunk.ok || chunk.value === null) return chunk
      bytes += chunk.value.length
      if (bytes > maxBytes) return tooLarge(maxBytes)
      await hasher.write(chunk.value)
      return chunk
    },
    async sum() {
      await hasher.close()
      return { bytes, sha256: new Uint8Array(await digest.digest).toHex() }
    },
  })
}

function tooLarge(maxBytes: number) {
  return fail('media_too_large', `The file is larger than the ${maxBytes} bytes allowed.`)
}
