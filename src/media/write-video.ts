/**
 * Source → R2, if it is a video: which it is, its first bytes say; that it is one, its structure. Every road by which a
 * video becomes an output ends here. What fails leaves nothing in R2.
 */
import { fail, type Result } from '../core/fault.ts'
import { randomAccessInBucket } from './metadata/random-access.ts'
import { containerOf, isText } from './sniff/container.ts'
import { essenceOf, fileTypeOf } from './sniff/file-type.ts'
import { hasVideoStructure } from './sniff/structure.ts'
import type { ByteSource } from './source.ts'
import { readStart, type StoredObject, type WriteSettings, writeObject } from './write.ts'

export interface VideoSettings extends WriteSettings {
  maxBytes: number
}

/** `keyOf` names the object once its type is known. */
export async function writeVideo(
  settings: VideoSettings,
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
  const kept = await writeObject(settings, source, start.value, destination)
  if (!kept.ok) return kept
  if (await hasVideoStructure(randomAccessInBucket(settings.bucket, kept.value), container)) return kept
  await settings.bucket.delete(kept.value.key)
  return fail('media_wrong_type', 'What the provider sent begins as a video, and has no track in it.')
}

function notVideo(start: Uint8Array, declared: string): string {
  const found = fileTypeOf(start)?.contentType ?? (isText(start) ? 'text' : 'nothing known')
  const label = essenceOf(declared)
    .replace(/[^\w/.+-]/g, '?')
    .slice(0, 60)
  return `What the provider sent is not a video: it begins as ${found}${label && `, labelled ${label}`}.`
}
