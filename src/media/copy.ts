/**
 * Remote URL → R2, as a stream: whatever the video's size, one chunk of it is in memory (known length), or one
 * part (unknown length). What fails leaves nothing in R2.
 */
import { done, fault, type Result } from '../core/fault.ts'
import { type Container, containerOf } from './container.ts'
import { openSource, type Source, type SourceSettings } from './source.ts'

export interface CopySettings extends SourceSettings {
  bucket: R2Bucket
  /** Awaited between chunks, while the copy goes on. */
  onProgress: () => Promise<void>
}

export interface Copied {
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

/** `keyOf` names the object once its type is known, from its first bytes. */
export async function copyToBucket(
  settings: CopySettings,
  url: string,
  keyOf: (extension: string) => string,
): Promise<Result<Copied>> {
  const source = await openSource(settings, url)
  if (!source.ok) return source
  try {
    return await copy(settings, source.value, keyOf)
  } finally {
    source.value.close()
  }
}

async function copy(settings: CopySettings, source: Source, keyOf: (extension: string) => string) {
  const { length } = source
  const first = await source.read(new ArrayBuffer(length === null ? partBytes : chunkBytes))
  if (!first.ok) return first
  if (first.value === null) return fault('media_truncated', 'The provider sent an empty video.')
  const container = containerOf(first.value)
  if (container === null) return fault('media_wrong_type', 'What the provider sent is not a video.')
  const { contentType, extension } = container
  const target = {
    key: keyOf(extension),
    options: { httpMetadata: { contentType } },
  }
  const poured =
    length === null
      ? await pourParts(settings, source, first.value, target)
      : await pourThrough(settings, source, first.value, target, length)
  return poured.ok ? done({ key: target.key, contentType, ...(await source.sum()) }) : poured
}

interface Target {
  key: string
  options: { httpMetadata: Pick<Container, 'contentType'> }
}

/** Known length: straight through. */
async function pourThrough(
  settings: CopySettings,
  source: Source,
  first: Uint8Array<ArrayBuffer>,
  { key, options }: Target,
  length: number,
): Promise<Result<null>> {
  const pipe = new FixedLengthStream(length)
  const writer = pipe.writable.getWriter()
  const stored = settings.bucket.put(key, pipe.readable, options).catch(async (reason) => {
    // A put that failed reads no more: without this the pump would wait for it for ever.
    await writer.abort(reason)
    throw reason
  })
  const [put, poured] = await Promise.allSettled([stored, pump(settings, source, first, writer)])
  // A fault of the source has aborted the put, whose complaint is then no news.
  if (poured.status === 'fulfilled' && !poured.value.ok) return poured.value
  if (put.status === 'rejected') throw put.reason
  if (poured.status === 'rejected') throw poured.reason
  return poured.value
}

async function pump(
  settings: CopySettings,
  source: Source,
  first: Uint8Array<ArrayBuffer>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<Result<null>> {
  try {
    let chunk = first
    for (;;) {
      await writer.write(chunk)
      await settings.onProgress()
      const next = await source.read(chunk.buffer)
      if (!next.ok) {
        await writer.abort(next.fault.code)
        return next
      }
      if (next.value === null) break
      chunk = next.value
    }
    await writer.close()
    return done(null)
  } catch (error) {
    // Whatever ended the pump must end the put too, which waits for the rest.
    await writer.abort(error)
    throw error
  }
}

/** Unknown length: R2 wants it in parts of one size. A body of less than one part is put at once. */
async function pourParts(
  settings: CopySettings,
  source: Source,
  first: Uint8Array<ArrayBuffer>,
  { key, options }: Target,
): Promise<Result<null>> {
  if (first.length < partBytes) {
    await settings.bucket.put(key, first, options)
    return done(null)
  }
  const upload = await settings.bucket.createMultipartUpload(key, options)
  const parts: R2UploadedPart[] = []
  try {
    let part = first
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
    return done(null)
  } catch (error) {
    await upload.abort()
    throw error
  }
}
