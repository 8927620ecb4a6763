/**
 * The request as it is sent to a provider that takes URLs: each asset of ours stands in it as a signed link. Made for
 * the one call; what is kept of the job has the asset's id.
 */
import type { Context } from '../context.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { assetsIn, mapMedia } from '../core/request/media.ts'
import type { JobRequest } from '../core/request/request.ts'
import { linkTo } from '../media/signed-links.ts'
import { findAssets } from '../store/jobs/assets.ts'

// A provider that took the job just before its deadline still fetches its media.
const marginMs = 60 * 60 * 1_000

/** Fails with `asset_deleted`, naming each field whose asset is no longer there. */
export async function withLinks(
  { db, config }: Pick<Context, 'db' | 'config'>,
  job: { request: JobRequest; deadlineAt: number },
): Promise<Result<JobRequest>> {
  const assets = assetsIn(job.request)
  if (assets.length === 0) return ok(job.request)
  const known = await findAssets(
    db,
    assets.map(({ id }) => id),
  )
  const missing = assets.filter(({ id }) => !known.has(id)).map(({ path }) => path)
  if (missing.length > 0) return fail('asset_deleted', `${missing.join(', ')}: The asset was deleted.`)
  const links = new Map<string, string>()
  for (const id of known.keys()) {
    links.set(id, (await linkTo(config, { assetId: id }, job.deadlineAt + marginMs)).url)
  }
  return ok(mapMedia(job.request, (media) => links.get(media) ?? media))
}
