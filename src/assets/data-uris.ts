/**
 * Media that stand in a request as data: URIs. Once the job is accepted they are assets like others, but of this job
 * alone: they lie among its objects, and go with it. What is kept of the request has their ids.
 */
import type { Context } from '../context.ts'
import { sha256 } from '../core/crypto/derived-keys.ts'
import { newId } from '../core/id.ts'
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
import type { Asset } from '../store/jobs/assets.ts'

/** What is wrong with what is embedded, by its first bytes. */
export function dataUriFaults(request: Partial<MediaFields>): { path: string; message: string }[] {
  return mediaOf(request).flatMap(({ path, value }) => {
    const message = isDataUri(value) ? complaintOf(readDataUri(value), kindAt(path)) : null
    return message === null ? [] : [{ path, message }]
  })
}

function complaintOf({ declared, bytes }: DataUri, kind: MediaKind): string | null {
  const fileType = fileTypeOf(bytes, declared, kind)
  if (fileType === null) return `begins as none of the types taken: ${contentTypes.join(', ')}`
  return fileType.kind === kind ? null : `takes media of kind ${kind}, and these are of kind ${fileType.kind}`
}

/**
 * Puts what is embedded into R2, and what is known of it into rows; the same twice is one. The rows are for the batch
 * that accepts the job: should that fail, no row names the objects.
 */
export async function storeDataUris(
  { bucket, now }: Pick<Context, 'bucket' | 'now'>,
  job: { id: string; apiKeyId: string },
  request: JobRequest,
  known: KnownMetadata,
): Promise<{ request: JobRequest; assets: Asset[] }> {
  const kept = new Map<string, Asset>()
  for (const { path, value } of mediaOf(request)) {
    if (!isDataUri(value) || kept.has(value)) continue
    const facts = known.get(path)
    if (facts === undefined) throw new Error('what is embedded was judged before')
    const { bytes } = readDataUri(value)
    const id = newId('asset')
    const key = inputKey(job.id, id)
    await bucket.put(key, bytes, { httpMetadata: { contentType: facts.contentType } })
    kept.set(value, {
      ...{ id, apiKeyId: job.apiKeyId, jobId: job.id, key, kind: kindAt(path), sha256: await sha256(bytes) },
      ...{ bytes: bytes.length, fileName: null, createdAt: now(), lostAt: null },
      ...facts,
    })
  }
  return {
    request: mapMedia(request, (media) => kept.get(media)?.id ?? media),
    assets: [...kept.values()],
  }
}
