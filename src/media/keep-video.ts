/**
 * Source → R2, if it is a video: which it is, its first bytes say; that it is one, its structure. Every road by which a
 * video becomes an output ends here. What fails leaves nothing in R2.
 */
import { fault, type Result } from '../core/fault.ts'
import { containerOf, isText } from './container.ts'
import { essenceOf, fileTypeOf } from './file-type.ts'
import { type KeepSettings, type Kept, keep, readStart } from './keep.ts'
import { rangesInBucket } from './pieces.ts'
import type { Source } from './source.ts'
import { isStructured } from './structure.ts'

export interface VideoSettings extends KeepSettings {
  maxBytes: number
}

/** `keyOf` names the object once its type is known. */
export async function keepVideo(
  settings: VideoSettings,
  source: Source,
  keyOf: (extension: string) => string,
): Promise<Result<Kept>> {
  const start = await readStart(source)
  if (!start.ok) return start
  if (start.value.length === 0) return fault('media_truncated', 'The provider sent an empty video.')
  const container = containerOf(start.value)
  if (container === null) return fault('media_wrong_type', notVideo(start.value, source.contentType))
  const { contentType, extension } = container
  const destination = { key: keyOf(extension), contentType, maxBytes: settings.maxBytes }
  const kept = await keep(settings, source, start.value, destination)
  if (!kept.ok) return kept
  if (await isStructured(rangesInBucket(settings.bucket, kept.value), container)) return kept
  await settings.bucket.delete(kept.value.key)
  return fault('media_wrong_type', 'What the provider sent begins as a video, and has no track in it.')
}

function notVideo(start: Uint8Array, declared: string): string {
  const found = fileTypeOf(start)?.contentType ?? (isText(start) ? 'text' : 'nothing known')
  const label = essenceOf(declared)
    .replace(/[^\w/.+-]/g, '?')
    .slice(0, 60)
  return `What the provider sent is not a video: it begins as ${found}${label && `, labelled ${label}`}.`
}
