/** Replaces each asset id in a request by a signed link, for a provider that takes URLs. The stored request keeps ids. */
import type { Context } from '../context.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { assetsIn, mapMedia } from '../core/request/media.ts'
import type { JobRequest } from '../core/request/request.ts'
import { assetFileName, linkTo } from '../media/signed-links.ts'
import { findAssets } from '../store/assets.ts'

// A provider that accepts the job just before its deadline fetches the media after it.
const marginMs = 60 * 60 * 1_000

/** Fails with `asset_deleted`, which names each field whose asset no longer exists. */
export async function withLinks(
  { dbOf, config }: Pick<Context, 'dbOf' | 'config'>,
  job: { request: JobRequest; deadlineAt: number },
): Promise<Result<JobRequest>> {
  const assets = assetsIn(job.request)
  if (assets.length === 0) return ok(job.request)
  const ids = assets.map(({ id }) => id)
  const existing = await findAssets({ dbOf }, ids)
  const missing = assets.filter(({ id }) => !existing.has(id)).map(({ path }) => path)
  if (missing.length > 0) return fail('asset_deleted', `${missing.join(', ')}: The asset was deleted.`)
  const links = new Map<string, string>()
  for (const [id, asset] of existing) {
    const target = { assetId: id, fileName: assetFileName(asset) }
    links.set(id, (await linkTo(config, target, job.deadlineAt + marginMs)).url)
  }
  return ok(mapMedia(job.request, (media) => links.get(media) ?? media))
}
