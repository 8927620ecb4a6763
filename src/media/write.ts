/**
 * Streams a source into R2. Whatever its size, memory holds one chunk of it (known length) or one part (unknown length,
 * or large files). A failure leaves nothing in R2.
 */
import { ok, type Result } from '../core/fault.ts'
import { pipe } from './pipe.ts'
import { type ByteSource, replayed, withChecksum } from './source.ts'

export interface WriteSettings {
  bucket: R2Bucket
  /** Awaited after each chunk. */
  onProgress: () => Promise<void>
}

interface Destination {
  key: string
  contentType: string
  maxBytes: number
}

export interface StoredObject {
  key: string
  contentType: string
  bytes: number
  /** SHA-256 of the stored bytes, in lower-case hex. */
  sha256: string
}

// Large reads, because each one crosses between the runtime and this code.
const chunkBytes = 256 * 1024
// The smallest part that R2 accepts. All parts except the last must have the same size.
const partBytes = 5 * 1024 * 1024
// Above this size, parts use less of the runtime's memory and are as fast (`npm run bench -- --only media`).
const maxSinglePutBytes = 32 * 1024 * 1024

/** The first bytes of a source; empty if the source is empty. */
export async function readStart(source: ByteSource): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const start = await source.read(new ArrayBuffer(isSinglePut(source.length) ? chunkBytes : partBytes))
  return start.ok ? ok(start.value ?? new Uint8Array()) : start
}

/** Writes the whole source, of which `start` was read already. */
export async function writeObject(
  settings: WriteSettings,
  source: ByteSource,
  start: Uint8Array<ArrayBuffer>,
  destination: Destination,
): Promise<Result<StoredObject>> {
  const whole = withChecksum(replayed(source, start), destination.maxBytes)
  if (!whole.ok) return whole
  const { key, contentType } = destination
  const { buffer } = start
  const { length } = source
  const written = isSinglePut(length)
    ? await putStream(settings, whole.value, destination, { buffer, length })
    : await putParts(settings, whole.value, destination, buffer)
  return written.ok ? ok({ key, contentType, ...(await whole.value.sum()) }) : written
}

function isSinglePut(length: number | null): length is number {
  return length !== null && length <= maxSinglePutBytes
}

async function putStream(
  settings: WriteSettings,
  source: ByteSource,
  { key, contentType }: Destination,
  { buffer, length }: { buffer: ArrayBuffer; length: number },
): Promise<Result<null>> {
  const body = new FixedLengthStream(length)
  const writer = body.writable.getWriter()
  const options = { httpMetadata: { contentType } }
  const putting = settings.bucket.put(key, body.readable, options).catch(async (reason) => {
    // A failed put stops reading: without this the pipe would wait for it forever.
    await writer.abort(reason)
    throw reason
  })
  const [put, piped] = await Promise.allSettled([putting, pipe(source, writer, buffer, settings.onProgress)])
  // The source's fault aborted the put, so the error of the put adds nothing.
  if (piped.status === 'fulfilled' && !piped.value.ok) return piped.value
  if (put.status === 'rejected') throw put.reason
  if (piped.status === 'rejected') throw piped.reason
  return piped.value
}

/** A multipart upload; a body smaller than one part is put at once. */
async function putParts(
  settings: WriteSettings,
  source: ByteSource,
  { key, contentType }: Destination,
  buffer: ArrayBuffer,
): Promise<Result<null>> {
  const options = { httpMetadata: { contentType } }
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
