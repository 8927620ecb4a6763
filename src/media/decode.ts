/**
 * Content-Encoding, undone. We ask for none, but some stores keep a label that is not true, or send what they keep
 * compressed. So the first bytes decide: what begins as media is not encoded, whatever the label says.
 */
import { fail, ok, type Result } from '../core/fault.ts'
import { containerOf } from './sniff/container.ts'
import { fileTypeOf } from './sniff/file-type.ts'
import { type ByteSource, complete, replayed, sourceOf } from './source.ts'
import { readStart } from './write.ts'

// A deflated byte becomes at most 1032: so much stands decoded in memory before it is read.
const inputBytes = 16 * 1024

// Each layer holds several megabytes while it is undone.
const mostLayers = 3

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
  if (encodings.length > mostLayers) return notUndone(encodings)
  const [last = '', ...earlier] = encodings.toReversed()
  const rest = earlier.toReversed()
  // How S3 clients send; a store that keeps the label has taken the encoding off.
  if (last === 'aws-chunked' && rest.length > 0) return decode(whole, rest)
  const format = formatOf(last, start.value)
  if (format === null) return notUndone(encodings)
  return decode(inflated(complete(whole), format), rest)
}

function isMedia(start: Uint8Array): boolean {
  return containerOf(start) !== null || fileTypeOf(start) !== null
}

/** Null where the bytes are not in the encoding, or it cannot be undone here. */
function formatOf(encoding: string, [first, second]: Uint8Array): 'gzip' | 'deflate' | null {
  // RFC 1952 §2.3.1.
  if (encoding === 'gzip' || encoding === 'x-gzip') return first === 0x1f && second === 0x8b ? 'gzip' : null
  // RFC 1950 §2.2: deflate, and a check of both bytes together.
  const isZlib = first !== undefined && second !== undefined && (first & 15) === 8
  return encoding === 'deflate' && isZlib && (first * 256 + second) % 31 === 0 ? 'deflate' : null
}

function notUndone(encodings: readonly string[]) {
  return fail('media_wrong_type', `The host of the media sent them in the encoding ${named(encodings)}.`)
}

/** For a message: a header can hold anything. */
function named(encodings: readonly string[]): string {
  return encodings
    .join(', ')
    .replace(/[^\w, -]/g, '?')
    .slice(0, 60)
}

/** Decompresses as it is read and no sooner: the runtime's stream holds whatever it is given, without a limit. */
function inflated(source: ByteSource, format: 'gzip' | 'deflate'): ByteSource {
  const { readable, writable } = new DecompressionStream(format)
  const writer = writable.getWriter()
  const output = sourceOf(readable, { length: null, contentType: source.contentType })
  let waiting = new Uint8Array()
  let buffer: ArrayBufferLike = new ArrayBuffer(inputBytes)
  let isOver = false
  let trouble: Result<never> | null = null

  const feed = async () => {
    if (waiting.length === 0) {
      const chunk = await source.read(buffer)
      if (!chunk.ok) trouble = chunk
      isOver = !chunk.ok || chunk.value === null
      // Not awaited: the stream may end only once it is read, and its trouble is the reader's as well.
      if (!chunk.ok) return void writer.abort(chunk.fault.code).catch(ignore)
      if (chunk.value === null) return void writer.close().catch(ignore)
      waiting = chunk.value
      buffer = waiting.buffer
    }
    const piece = waiting.subarray(0, inputBytes)
    waiting = waiting.subarray(inputBytes)
    await writer.write(piece)
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
      } catch {
        // What is wrong with the bytes ends the reading, too.
        isOver = true
      }
      const chunk = await reading
      return trouble ?? (chunk.ok ? chunk : undecodable(format))
    },
  }
}

const ignore = () => undefined

/** The body as the runtime decodes it: its length is not known. */
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
  return fail(
    'media_truncated',
    `The media came in the encoding ${encoding} and broke off or could not be decoded.`,
  )
}
