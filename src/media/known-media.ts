/**
 * What is known of the media of a request: of an asset what its upload told, of what is embedded what its header
 * tells. Of what a URL leads to nothing is known: it is not fetched.
 */
import { readDataUri } from '../core/data-uri.ts'
import {
  isDataUri,
  type KnownMedia,
  kindAt,
  type MediaFacts,
  type MediaFields,
  mediaOf,
} from '../core/media.ts'
import type { Asset } from '../store/assets.ts'
import { fileTypeOf } from './file-type.ts'
import { inputFacts } from './input-facts.ts'
import { rangesInMemory } from './pieces.ts'

/** `assets`: those that the request names, by their id. */
export async function knownMedia(
  request: Partial<MediaFields>,
  assets: ReadonlyMap<string, Asset>,
): Promise<KnownMedia> {
  const known = new Map<string, MediaFacts>()
  for (const { path, value } of mediaOf(request)) {
    const facts = isDataUri(value) ? await factsOfEmbedded(path, value) : assets.get(value)
    if (facts == null) continue
    const { contentType, width, height, durationSeconds } = facts
    known.set(path, { contentType, width, height, durationSeconds })
  }
  return known
}

async function factsOfEmbedded(path: string, uri: string): Promise<MediaFacts | null> {
  const { declared, bytes } = readDataUri(uri)
  const fileType = fileTypeOf(bytes, declared, kindAt(path))
  if (fileType === null) return null
  return { contentType: fileType.contentType, ...(await inputFacts(kindAt(path), rangesInMemory(bytes))) }
}
