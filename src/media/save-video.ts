/**
 * Saves a video in R2. Every way in which a video becomes an output ends here. The first bytes must be those of a video
 * container, and the stored file must have a video track. A failure leaves nothing in R2.
 */
import { fail, type Result } from '../core/fault.ts'
import { randomAccessInBucket } from './metadata/random-access.ts'
import { hasVideoStructure } from './metadata/structure.ts'
import { openUrl, type RemoteSettings } from './open-url.ts'
import { containerOf, isText } from './sniff/container.ts'
import { essenceOf, fileTypeOf } from './sniff/file-type.ts'
import type { ByteSource } from './source.ts'
import { readStart, type StoredObject, type WriteSettings, writeObject } from './write.ts'

export interface SaveSettings extends WriteSettings {
  maxBytes: number
}

export interface DownloadSettings extends RemoteSettings, SaveSettings {}

/** `keyOf` makes the object's key from the extension, which the first bytes determine. */
export async function downloadVideo(
  settings: DownloadSettings,
  url: string,
  keyOf: (extension: string) => string,
): Promise<Result<StoredObject>> {
  const source = await openUrl(settings, url)
  if (!source.ok) return source
  try {
    return await saveVideo(settings, source.value, keyOf)
  } finally {
    source.value.close()
  }
}

export async function saveVideo(
  settings: SaveSettings,
  source: ByteSource,
  keyOf: (extension: string) => string,
): Promise<Result<StoredObject>> {
  const start = await readStart(source)
  if (!start.ok) return start
  if (start.value.length === 0) return fail('media_truncated', 'The provider sent an empty video.')
  const container = containerOf(start.value)
  if (container === null) return fail('media_wrong_type', notVideo(start.value, source.contentType))
  const { contentType, extension } = container
  const destination = { key: keyOf(extension), contentType, maxBytes: settings.maxBytes }
  const stored = await writeObject(settings, source, start.value, destination)
  if (!stored.ok) return stored
  if (await hasVideoStructure(randomAccessInBucket(settings.bucket, stored.value), container)) return stored
  await settings.bucket.delete(stored.value.key)
  return fail('media_wrong_type', 'The provider sent a file that begins as a video but has no video track.')
}

function notVideo(start: Uint8Array, declared: string): string {
  const actual = fileTypeOf(start)?.contentType ?? (isText(start) ? 'text' : 'an unknown type')
  const label = essenceOf(declared)
    .replace(/[^\w/.+-]/g, '?')
    .slice(0, 60)
  return `The provider did not send a video: the file begins as ${actual}${label && `, labelled ${label}`}.`
}
