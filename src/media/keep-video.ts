/** Source → R2, if it is a video: which it is, its first bytes say. What fails leaves nothing in R2. */
import { fault, type Result } from '../core/fault.ts'
import { containerOf, isText } from './container.ts'
import { essenceOf, fileTypeOf } from './file-type.ts'
import { type KeepSettings, type Kept, keep, readStart } from './keep.ts'
import type { Source } from './source.ts'

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
  return keep(settings, source, start.value, destination)
}

function notVideo(start: Uint8Array, declared: string): string {
  const found = fileTypeOf(start)?.contentType ?? (isText(start) ? 'text' : 'nothing known')
  const label = essenceOf(declared)
    .replace(/[^\w/.+-]/g, '?')
    .slice(0, 60)
  return `What the provider sent is not a video: it begins as ${found}${label && `, labelled ${label}`}.`
}
