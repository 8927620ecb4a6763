import type { Context } from '../context.ts'
import { sees, type Viewer } from '../core/access.ts'
import { assetsIn, type MediaFields } from '../core/request/media.ts'
import { type Asset, findAssets, keyOf } from '../store/assets.ts'

/**
 * The assets that a request may use, by id: each uploaded asset that it names and its viewer sees, and each asset of the job that it
 * retries (`retryOf`) whose bytes are still in R2. Assets of other jobs belong to those jobs alone.
 */
export async function availableAssets(
  { dbOf, bucket }: Pick<Context, 'dbOf' | 'bucket'>,
  request: Partial<MediaFields>,
  retryOf: string | null,
  viewer: Viewer,
): Promise<Map<string, Asset>> {
  const ids = assetsIn(request).map(({ id }) => id)
  const assets = await findAssets({ dbOf }, ids)
  for (const asset of assets.values()) {
    const isOfJob = asset.jobId !== null
    const isAvailable = !isOfJob || (asset.jobId === retryOf && (await bucket.head(keyOf(asset))) !== null)
    if (!isAvailable || !sees(viewer, asset)) assets.delete(asset.id)
  }
  return assets
}
