/**
 * A source: a body on its way in, read in large pieces. Measured, it is held against what was announced of it and
 * against what is allowed, and its SHA-256 is taken as the bytes pass.
 */
import { fail, ok, type Result } from '../core/fault.ts'

export interface ByteSource {
  /** What the sender announced, in bytes; null when it did not. */
  length: number | null
  /** What the sender calls it; empty when it does not say. */
  contentType: string
  /**
   * Fills the buffer as far as the body goes, and gives back what it holds; null at the end. Its first `filled` bytes,
   * none unless said, are kept as they are.
   */
  read(buffer: ArrayBufferLike, filled?: number): Promise<Result<Uint8Array<ArrayBuffer> | null>>
}

export interface ChecksummedSource extends ByteSource {
  /** After the end: how many bytes came, and their SHA-256 in hex. */
  sum(): Promise<{ bytes: number; sha256: string }>
}

// Large reads: each is one crossing between the runtime and this code.
const pieceBytes = 256 * 1024

/**
 * A stream of bytes, which must be the runtime's own. One that breaks off is a fault. `onPiece` hears of each piece,
 * of which a large buffer takes many.
 */
export function sourceOf(
  stream: ReadableStream,
  announced: Pick<ByteSource, 'length' | 'contentType'>,
  onPiece: () => void = () => undefined,
): ByteSource & { cancel: () => Promise<void> } {
  const reader = stream.getReader({ mode: 'byob' })
  return {
    ...announced,
    cancel: () => reader.cancel(),
    async read(buffer, alreadyFilled = 0) {
      // Each reading takes the buffer away and gives it back under a new name: views of the old one are empty.
      let current = buffer as ArrayBuffer
      let filled = alreadyFilled
      try {
        while (filled < current.byteLength) {
          const rest = new Uint8Array(current, filled)
          const least = Math.min(pieceBytes, rest.length)
          const { value } = await reader.readAtLeast(least, rest)
          if (value === undefined) break
          current = value.buffer
          filled += value.length
          if (value.length < least) break
          onPiece()
        }
      } catch (error) {
        return fail('media_truncated', 'The media broke off.', { evidence: { error: String(error) } })
      }
      return ok(filled === 0 ? null : new Uint8Array(current, 0, filled))
    },
  }
}

/** What a request says of the length of its body, in bytes; null when it does not. */
export function announcedLength(headers: Headers): number | null {
  const announced = headers.get('content-length') ?? ''
  return /^\d+$/.test(announced) ? Number(announced) : null
}

/** The source from its start again: what was read of it already is given out first, in its own buffer or a larger one. */
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

/** Reading fails with `media_truncated` where the announced length is not met. */
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
        return fail('media_truncated', `The media ended after ${bytes} of ${length} bytes.`)
      }
      bytes += chunk.value.length - filled
      if (bytes <= length) return chunk
      return fail('media_truncated', `The media did not end at their announced ${length} bytes.`)
    },
  }
}

/** Reading fails with `media_truncated` where the announced length is not met, with `media_too_large` past the cap. */
export function withChecksum(given: ByteSource, maxBytes: number): Result<ChecksummedSource> {
  const { length } = given
  if (length !== null && length > maxBytes) return tooLarge(maxBytes)
  const source = complete(given)
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
  return fail('media_too_large', `The media have more than the ${maxBytes} bytes allowed.`)
}
