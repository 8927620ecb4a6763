/** A retry gets copies of the assets that are erased with the retried job, so that erasing one job does not affect the other. */
import type { Context } from '../context.ts'
import { newId, shardOf } from '../core/id.ts'
import { assetsIn, mapMedia } from '../core/request/media.ts'
import { assetOfFile } from '../core/request/openai-entry.ts'
import type { JobRequest } from '../core/request/request.ts'
import { inputKey } from '../core/retention.ts'
import { type Asset, findAssets, keyOf } from '../store/assets.ts'

/**
 * The returned rows are for the batch that accepts the job. If that batch fails, no row names the copied objects, and
 * the daily reconciliation deletes them.
 */
export async function copyForRetry(
  { dbOf, bucket, now }: Pick<Context, 'dbOf' | 'bucket' | 'now'>,
  job: { id: string; apiKeyId: string; project: string | null },
  request: JobRequest,
): Promise<{ request: JobRequest; assets: Asset[] }> {
  const copies = new Map<string, Asset>()
  const ids = assetsIn(request).map(({ id }) => id)
  for (const asset of (await findAssets({ dbOf }, ids)).values()) {
    const isErasedWithJob = asset.jobId !== null || asset.id === assetOfFile(request)
    const object = isErasedWithJob ? await bucket.get(keyOf(asset)) : null
    // Null: uploaded by the caller, or erased since validation. An erased asset fails the job before it costs anything.
    if (object === null) continue
    const id = newId('asset', shardOf(job.id))
    const key = inputKey(job.id, id)
    const { contentType } = asset
    const body = object.body.pipeThrough(new FixedLengthStream(object.size))
    await bucket.put(key, body, { httpMetadata: { contentType } })
    copies.set(asset.id, {
      ...asset,
      id,
      key,
      apiKeyId: job.apiKeyId,
      project: job.project,
      jobId: job.id,
      createdAt: now(),
      lostAt: null,
    })
  }
  return {
    request: mapMedia(request, (media) => copies.get(media)?.id ?? media),
    assets: [...copies.values()],
  }
}
