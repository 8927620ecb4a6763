/** The metadata of a request's media, as far as they are known. URLs are not fetched, so theirs are not. */
import { readDataUri } from '../core/request/data-uri.ts'
import {
  isDataUri,
  type KnownMetadata,
  kindAt,
  type MediaFields,
  type MediaMetadata,
  mediaOf,
} from '../core/request/media.ts'
import { readInputMetadata } from '../media/metadata/input.ts'
import { randomAccessInMemory } from '../media/metadata/random-access.ts'
import { fileTypeOf } from '../media/sniff/file-type.ts'
import type { Asset } from '../store/assets.ts'

/** `assets`: the assets that the request names, by id. */
export async function knownMetadata(
  request: Partial<MediaFields>,
  assets: ReadonlyMap<string, Asset>,
): Promise<KnownMetadata> {
  const byPath = new Map<string, MediaMetadata>()
  for (const { path, value } of mediaOf(request)) {
    const metadata = isDataUri(value) ? await embeddedMetadata(path, value) : assets.get(value)
    if (metadata == null) continue
    const { contentType, width, height, durationSeconds } = metadata
    byPath.set(path, { contentType, width, height, durationSeconds })
  }
  return byPath
}

async function embeddedMetadata(path: string, uri: string): Promise<MediaMetadata | null> {
  const { declared, bytes } = readDataUri(uri)
  const fileType = fileTypeOf(bytes, declared, kindAt(path))
  if (fileType === null) return null
  const header = await readInputMetadata(kindAt(path), randomAccessInMemory(bytes))
  return { contentType: fileType.contentType, ...header }
}
