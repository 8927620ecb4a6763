/**
 * Media embedded in a request as data: URIs. When the job is accepted they become assets of that one job: they are
 * stored under its prefix and erased with it. The stored request contains their ids instead.
 */
import type { Context } from '../context.ts'
import { sha256 } from '../core/crypto/derived-keys.ts'
import { newId, shardOf } from '../core/id.ts'
import { type DataUri, readDataUri } from '../core/request/data-uri.ts'
import {
  isDataUri,
  type KnownMetadata,
  kindAt,
  type MediaFields,
  type MediaKind,
  mapMedia,
  mediaOf,
} from '../core/request/media.ts'
import type { JobRequest } from '../core/request/request.ts'
import { inputKey } from '../core/retention.ts'
import { contentTypes, fileTypeOf } from '../media/sniff/file-type.ts'
import type { Asset } from '../store/assets.ts'

/** Faults of embedded media, by their first bytes. */
export function dataUriFaults(request: Partial<MediaFields>): { path: string; message: string }[] {
  return mediaOf(request).flatMap(({ path, value }) => {
    const message = isDataUri(value) ? faultIn(readDataUri(value), kindAt(path)) : null
    return message === null ? [] : [{ path, message }]
  })
}

function faultIn({ declared, bytes }: DataUri, kind: MediaKind): string | null {
  const fileType = fileTypeOf(bytes, declared, kind)
  if (fileType === null) return `begins as none of the accepted types: ${contentTypes.join(', ')}`
  return fileType.kind === kind
    ? null
    : `takes media of kind ${kind}, but this file is of kind ${fileType.kind}`
}

/**
 * Stores embedded media in R2, each distinct file once. The returned rows are for the batch that accepts the job. If
 * that batch fails, no row names the objects, and the daily reconciliation deletes them.
 */
export async function storeDataUris(
  { bucket, now }: Pick<Context, 'bucket' | 'now'>,
  job: { id: string; apiKeyId: string; project: string | null },
  request: JobRequest,
  knownMetadata: KnownMetadata,
): Promise<{ request: JobRequest; assets: Asset[] }> {
  const stored = new Map<string, Asset>()
  for (const { path, value } of mediaOf(request)) {
    if (!isDataUri(value) || stored.has(value)) continue
    const metadata = knownMetadata.get(path)
    if (metadata === undefined) throw new Error('embedded media were not validated')
    const { bytes } = readDataUri(value)
    const id = newId('asset', shardOf(job.id))
    const key = inputKey(job.id, id)
    await bucket.put(key, bytes, { httpMetadata: { contentType: metadata.contentType } })
    stored.set(value, {
      id,
      apiKeyId: job.apiKeyId,
      project: job.project,
      jobId: job.id,
      key,
      kind: kindAt(path),
      sha256: await sha256(bytes),
      bytes: bytes.length,
      fileName: null,
      createdAt: now(),
      lostAt: null,
      ...metadata,
    })
  }
  return {
    request: mapMedia(request, (media) => stored.get(media)?.id ?? media),
    assets: [...stored.values()],
  }
}
