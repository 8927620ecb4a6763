/**
 * What is known of the media of a request: of an asset what its upload told, of what is embedded what its header
 * tells. Of what a URL leads to nothing is known: it is not fetched.
 */
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
import type { Asset } from '../store/jobs/assets.ts'

/** `assets`: those that the request names, by their id. */
export async function knownMetadata(
  request: Partial<MediaFields>,
  assets: ReadonlyMap<string, Asset>,
): Promise<KnownMetadata> {
  const known = new Map<string, MediaMetadata>()
  for (const { path, value } of mediaOf(request)) {
    const facts = isDataUri(value) ? await factsOfEmbedded(path, value) : assets.get(value)
    if (facts == null) continue
    const { contentType, width, height, durationSeconds } = facts
    known.set(path, { contentType, width, height, durationSeconds })
  }
  return known
}

async function factsOfEmbedded(path: string, uri: string): Promise<MediaMetadata | null> {
  const { declared, bytes } = readDataUri(uri)
  const fileType = fileTypeOf(bytes, declared, kindAt(path))
  if (fileType === null) return null
  return {
    contentType: fileType.contentType,
    ...(await readInputMetadata(kindAt(path), randomAccessInMemory(bytes))),
  }
}
