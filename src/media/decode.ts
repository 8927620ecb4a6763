/**
 * Decodes Content-Encoding. We request none, but some stores keep a label that is no longer true, or send the compressed
 * form that they store. So the first bytes decide: a body that begins as media is not encoded, whatever its label says.
 */
import { fail, ok, type Result } from '../core/fault.ts'
import { containerOf } from './sniff/container.ts'
import { fileTypeOf } from './sniff/file-type.ts'
import { type ByteSource, complete, replayed, sourceOf } from './source.ts'
import { readStart } from './write.ts'

// Deflate expands a byte to at most 1032 bytes, so this much input holds at most 17 MB of decoded bytes in memory.
const inputBytes = 16 * 1024

// Each layer holds several megabytes while it is decoded.
const maxLayers = 3

/** The encodings in a Content-Encoding header, in the order in which they were applied (RFC 9110 §8.4). */
export function encodingsIn(headers: Headers): string[] {
  return (headers.get('content-encoding') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
}

/** The media in a body that is labelled with these encodings. Fails with `media_wrong_type`, which names them. */
export async function decode(source: ByteSource, encodings: readonly string[]): Promise<Result<ByteSource>> {
  if (encodings.length === 0) return ok(source)
  const start = await readStart(source)
  if (!start.ok) return start
  const whole = replayed(source, start.value)
  if (isMedia(start.value)) return ok(whole)
  if (encodings.length > maxLayers) return cannotDecode(encodings)
  const [last = '', ...earlier] = encodings.toReversed()
  const rest = earlier.toReversed()
  // S3 clients send this encoding; a store that keeps the label has already decoded it.
  if (last === 'aws-chunked' && rest.length > 0) return decode(whole, rest)
  const format = formatOf(last, start.value)
  if (format === null) return cannotDecode(encodings)
  return decode(inflated(complete(whole), format), rest)
}

function isMedia(start: Uint8Array): boolean {
  return containerOf(start) !== null || fileTypeOf(start) !== null
}

/** Null if the bytes are not in this encoding, or the runtime cannot decode it. */
function formatOf(encoding: string, [first, second]: Uint8Array): 'gzip' | 'deflate' | null {
  // RFC 1952 §2.3.1.
  if (encoding === 'gzip' || encoding === 'x-gzip') return first === 0x1f && second === 0x8b ? 'gzip' : null
  // RFC 1950 §2.2: deflate, and a checksum over the first two bytes.
  const isZlib = first !== undefined && second !== undefined && (first & 15) === 8
  return encoding === 'deflate' && isZlib && (first * 256 + second) % 31 === 0 ? 'deflate' : null
}

function cannotDecode(encodings: readonly string[]) {
  return fail('media_wrong_type', `The media host sent an unsupported encoding: ${printable(encodings)}.`)
}

/** A header can contain anything, so only plain characters go into a message. */
function printable(encodings: readonly string[]): string {
  return encodings
    .join(', ')
    .replace(/[^\w, -]/g, '?')
    .slice(0, 60)
}

/** Decompresses only as far as it is read: the runtime's stream buffers everything written to it, without a limit. */
function inflated(source: ByteSource, format: 'gzip' | 'deflate'): ByteSource {
  const { readable, writable } = new DecompressionStream(format)
  const writer = writable.getWriter()
  const output = sourceOf(readable, { length: null, contentType: source.contentType })
  let waiting = new Uint8Array()
  let buffer = new ArrayBuffer(inputBytes)
  let isOver = false
  let failure: Result<never> | null = null

  const feed = async () => {
    if (waiting.length === 0) {
      const chunk = await source.read(buffer)
      if (!chunk.ok) failure = chunk
      isOver = !chunk.ok || chunk.value === null
      // Not awaited: the stream may end only after it is read, and the reader gets its error too.
      if (!chunk.ok) return void writer.abort(chunk.fault.code).catch(ignore)
      if (chunk.value === null) return void writer.close().catch(ignore)
      waiting = chunk.value
      buffer = waiting.buffer
    }
    const input = waiting.subarray(0, inputBytes)
    waiting = waiting.subarray(inputBytes)
    await writer.write(input)
  }

  return {
    ...output,
    async read(into, filled) {
      let isRead = false
      const reading = output.read(into, filled).finally(() => {
        isRead = true
      })
      try {
        while (!isRead && !isOver) await feed()
      } catch (error) {
        // Corrupt input makes the pending read fail as well; a lost lease must do the same.
        isOver = true
        writer.abort(error).catch(ignore)
      }
      const chunk = await reading
      return failure ?? (chunk.ok ? chunk : undecodable(format))
    },
  }
}

const ignore = () => undefined

/** The body as the runtime decodes it. Its decoded length is unknown. */
export function decodedByRuntime(source: ByteSource, encoding: string): ByteSource {
  return {
    ...source,
    length: null,
    async read(buffer, filled) {
      const chunk = await source.read(buffer, filled)
      return !chunk.ok && chunk.fault.code === 'media_truncated' ? undecodable(encoding) : chunk
    },
  }
}

function undecodable(encoding: string) {
  return fail('media_truncated', `The body, encoded as ${encoding}, broke off or could not be decoded.`)
}
