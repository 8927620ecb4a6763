/**
 * Source → R2, as a stream: whatever its size, one chunk of it is in memory (known length), or one part (unknown
 * length, and giants). What fails leaves nothing in R2.
 */
import { ok, type Result } from '../core/fault.ts'
import { pipe } from './pipe.ts'
import { type ByteSource, replayed, withChecksum } from './source.ts'

export interface WriteSettings {
  bucket: R2Bucket
  /** Awaited between chunks, while the bytes flow. */
  onProgress: () => Promise<void>
}

/** Where a source goes. */
interface Destination {
  key: string
  contentType: string
  maxBytes: number
}

export interface StoredObject {
  key: string
  contentType: string
  bytes: number
  /** Of the stored bytes, in lower-case hex. */
  sha256: string
}

// Large reads: each is one crossing between the runtime and this code.
const chunkBytes = 256 * 1024
// The smallest part R2 takes; all parts but the last must be of one size.
const partBytes = 5 * 1024 * 1024
// What is larger makes the runtime grow less in parts, and goes no slower (`npm run bench -- media`).
const mostStraightBytes = 32 * 1024 * 1024

/** The first bytes of a source, by which it is known what it is and where it goes; none, when it is empty. */
export async function readStart(source: ByteSource): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const start = await source.read(new ArrayBuffer(goesStraight(source.length) ? chunkBytes : partBytes))
  return start.ok ? ok(start.value ?? new Uint8Array()) : start
}

/** Keeps the source whole, from its start, which was read already. */
export async function writeObject(
  settings: WriteSettings,
  source: ByteSource,
  start: Uint8Array<ArrayBuffer>,
  { key, contentType, maxBytes }: Destination,
): Promise<Result<StoredObject>> {
  const whole = withChecksum(replayed(source, start), maxBytes)
  if (!whole.ok) return whole
  const target = { key, options: { httpMetadata: { contentType } } }
  const { length } = source
  const poured = goesStraight(length)
    ? await pourThrough(settings, whole.value, target, start.buffer, length)
    : await pourParts(settings, whole.value, target, start.buffer)
  return poured.ok ? ok({ key, contentType, ...(await whole.value.sum()) }) : poured
}

function goesStraight(length: number | null): length is number {
  return length !== null && length <= mostStraightBytes
}

interface Target {
  key: string
  options: R2PutOptions
}

/** Known length, and no giant: straight through. */
async function pourThrough(
  settings: WriteSettings,
  source: ByteSource,
  { key, options }: Target,
  buffer: ArrayBufferLike,
  length: number,
): Promise<Result<null>> {
  const body = new FixedLengthStream(length)
  const writer = body.writable.getWriter()
  const stored = settings.bucket.put(key, body.readable, options).catch(async (reason) => {
    // A put that failed reads no more: without this the pump would wait for it for ever.
    await writer.abort(reason)
    throw reason
  })
  const [put, poured] = await Promise.allSettled([stored, pipe(source, writer, buffer, settings.onProgress)])
  // A fault of the source has aborted the put, whose complaint is then no news.
  if (poured.status === 'fulfilled' && !poured.value.ok) return poured.value
  if (put.status === 'rejected') throw put.reason
  if (poured.status === 'rejected') throw poured.reason
  return poured.value
}

/** Unknown length, or a giant: R2 wants it in parts of one size. A body of less than one part is put at once. */
async function pourParts(
  settings: WriteSettings,
  source: ByteSource,
  { key, options }: Target,
  buffer: ArrayBufferLike,
): Promise<Result<null>> {
  const first = await source.read(buffer)
  if (!first.ok) return first
  if (first.value === null || first.value.length < partBytes) {
    await settings.bucket.put(key, first.value ?? new Uint8Array(), options)
    return ok(null)
  }
  const upload = await settings.bucket.createMultipartUpload(key, options)
  const parts: R2UploadedPart[] = []
  try {
    let part = first.value
    for (;;) {
      parts.push(await upload.uploadPart(parts.length + 1, part))
      await settings.onProgress()
      const next = await source.read(part.buffer)
      if (!next.ok) {
        await upload.abort()
        return next
      }
      if (next.value === null) break
      part = next.value
    }
    await upload.complete(parts)
    return ok(null)
  } catch (error) {
    await upload.abort()
    throw error
  }
}
